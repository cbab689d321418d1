"""`submit` and `wait`: a file goes in, a file comes out."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any, BinaryIO, cast, get_args

from image_analyzer.client import Client
from image_analyzer.command.bars import batch_bar, download_bar, export_bar, upload_bar
from image_analyzer.command.exits import Exit, UsageError
from image_analyzer.command.ids import batch_id_of, short
from image_analyzer.command.screen import Screen
from image_analyzer.errors import ApiError, WaitTimeout
from image_analyzer.models import DryRun, Progress
from image_analyzer.options import BatchOptions, ExportFormat, ExportOptions, Filters

_TOO_LARGE = 413
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)


def submit(args: Namespace, client: Client, screen: Screen) -> Exit:
    if args.output:
        export_format(args.output, None)  # said before the upload, not after the batch
    source: Any = sys.stdin.buffer if args.file == "-" else Path(args.file)
    if isinstance(source, Path) and not source.is_file():
        raise UsageError(f"There is no file {args.file}.")
    options = BatchOptions(
        batch_name=args.name,
        auto_start=not args.hold,
        chunk_size=args.chunk_size,
        priority=args.priority,
        region=args.region,
        force_refresh=args.force_refresh,
        max_cost=args.max_cost,
    )
    with upload_bar(screen) as on_bytes:
        if args.dry_run:
            trial = client.dry_run(source, compress=args.gzip, on_bytes=on_bytes, **options)
            return _tell_trial(trial, screen)
        made = client.create(source, compress=args.gzip, on_bytes=on_bytes, **options)
    screen.say(f"{made.batch_id}  {made.batch_name}: {made.total_urls:,} rows, {made.status}")
    if not (args.wait or args.output):
        screen.data(made.raw)
        return Exit.OK
    return _follow(made.batch_id, args, client, screen)


def wait(args: Namespace, client: Client, screen: Screen) -> Exit:
    if args.output:
        export_format(args.output, None)
    return _follow(batch_id_of(client, args.batch), args, client, screen)


def export(args: Namespace, client: Client, screen: Screen) -> Exit:
    kind = export_format(args.output, args.format)
    batch_id = batch_id_of(client, args.batch)
    wanted = ExportOptions(
        format=kind, metadata=args.metadata, columns=args.columns, excel=args.excel, **filters_of(args)
    )
    size = _export(batch_id, args.output, wanted, client, screen, args.background)
    if args.output != "-":
        screen.say(f"{args.output}: {size:,} bytes")
        screen.data({"batch_id": batch_id, "output": args.output, "bytes": size})
    return Exit.OK


def filters_of(args: Namespace) -> Filters:
    """What stands in the arguments of `results` and `export`."""
    given = {name: getattr(args, name) for name in Filters.__annotations__ if getattr(args, name, None)}
    return cast(Filters, given)


def export_format(output: str, given: ExportFormat | None) -> ExportFormat:
    """By the name of the file unless it is said. Raises UsageError."""
    path = Path(output)
    if output != "-" and not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.")
    named = next((kind for kind in FORMATS if path.name.lower().endswith(f".{kind}")), None)
    kind = given or named or ("csv" if output == "-" else None)
    if kind is None:
        endings = ", ".join(f".{kind}" for kind in FORMATS)
        raise UsageError(f"The name of the output ends in one of {endings}, not as {path.name!r} does.")
    return kind


def _follow(batch_id: str, args: Namespace, client: Client, screen: Screen) -> Exit:
    """To the end of the batch; Ctrl-C ends the looking, not the batch."""
    back = f"image-analyzer wait {short(batch_id)}" + (f" -o {args.output}" if args.output else "")
    try:
        with batch_bar(screen) as step:
            progress = client.wait(batch_id, timeout=args.timeout, on_progress=step)
        if args.output and progress.processed_count:
            wanted = ExportOptions(format=export_format(args.output, None))
            _export(batch_id, args.output, wanted, client, screen)
    except KeyboardInterrupt:
        screen.note(f"The batch goes on. Come back with: {back}")
        return Exit.INTERRUPTED
    except WaitTimeout as error:
        screen.note(f"{error} Come back with: {back}")
        return Exit.NOT_WELL
    _tell_end(progress, args.output, screen)
    return Exit.OK if progress.status == "completed" else Exit.NOT_WELL


def _export(
    batch_id: str,
    output: str,
    wanted: ExportOptions,
    client: Client,
    screen: Screen,
    background: bool = False,
) -> int:
    """Directly, unless the service says that it is too large for that."""
    target: Path | BinaryIO = sys.stdout.buffer if output == "-" else Path(output)
    if not background:
        try:
            with download_bar(screen) as on_bytes:
                return client.export(batch_id, target, on_bytes=on_bytes, **wanted)
        except ApiError as error:
            if error.status != _TOO_LARGE:
                raise
    with export_bar(screen) as on_job:
        job = client.prepare(batch_id, on_job=on_job, **wanted)
    with download_bar(screen, job.bytes) as on_bytes:
        return client.fetch(job, target, on_bytes=on_bytes)


def _tell_end(progress: Progress, output: str | None, screen: Screen) -> None:
    done = f"{progress.processed_count:,} of {progress.total_urls:,} rows, {progress.failed_count:,} failed"
    where = f" → {output}" if output and progress.processed_count else ""
    screen.data({**progress.raw, "output": output if where else None})
    if output != "-":
        screen.say(f"{progress.status}: {done}{where}")
    if progress.failed_count:
        screen.note(f"Why rows failed: image-analyzer errors {short(progress.batch_id)}")


def _tell_trial(trial: DryRun, screen: Screen) -> Exit:
    screen.data(trial.raw)
    cost = trial.estimated_cost or {}
    above = ", above its --max-cost" if trial.above_max_cost else ""
    screen.facts(
        [
            ("rows", trial.total_rows),
            ("valid", trial.valid_rows),
            ("invalid", trial.invalid_rows),
            ("duplicates", trial.duplicates),
            ("distinct images", trial.distinct_images),
            ("known already", trial.cached_images),
            ("calls needed", trial.calls_needed),
            ("cost", f"{cost.get('amount', '-')} {cost.get('currency', '')}{above}".strip()),
            ("done by", trial.estimated_completion),
        ]
    )
    if trial.invalid:
        bad = [(one.get("line"), one.get("row_no"), one.get("reason")) for one in trial.invalid]
        screen.table(("line", "row", "reason"), bad)
    return Exit.OK
