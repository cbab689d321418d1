"""`ls`, `show`, `results`, `errors`."""

from __future__ import annotations

from argparse import Namespace
from itertools import islice

from image_analyzer.client import Client
from image_analyzer.command.exits import Exit
from image_analyzer.command.ids import batch_id_of, short
from image_analyzer.command.screen import Screen
from image_analyzer.command.sending import filters_of
from image_analyzer.models import Batch, Result


def ls(args: Namespace, client: Client, screen: Screen) -> Exit:
    found = client.batches(status=args.status, q=args.text, include_soft_deleted=args.deleted)
    batches = list(islice(found, args.limit))
    for batch in batches:
        screen.data(batch.raw)
    head = ("id", "name", "status", "rows", "done %", "failed", "created")
    screen.table(head, [_line(batch) for batch in batches])
    return Exit.OK


def show(args: Namespace, client: Client, screen: Screen) -> Exit:
    batch = client.get(batch_id_of(client, args.batch))
    screen.data(batch.raw)
    screen.facts(
        [
            ("id", batch.batch_id),
            ("name", batch.batch_name),
            ("file", batch.original_filename),
            ("status", batch.status),
            ("rows", f"{batch.processed_count:,} of {batch.total_urls:,} ({batch.progress_percentage:g} %)"),
            ("successful", batch.successful_count),
            ("failed", batch.failed_count),
            ("rate", f"{batch.processing_rate:,.0f} rows/min"),
            ("created", batch.created_at),
            ("started", batch.started_at),
            ("completed", batch.completed_at),
            ("expected", batch.estimated_completion),
            ("retries", batch.retry_count),
            *([("error", batch.error_message)] if batch.error_message else []),
            *([("purged at", batch.purge_at)] if batch.purge_at else []),
        ]
    )
    return Exit.OK


def results(args: Namespace, client: Client, screen: Screen) -> Exit:
    """All of them as JSON, a page for people unless they say how many."""
    filters = filters_of(args)
    found = client.results(batch_id_of(client, args.batch), **filters)
    if screen.machine:
        for result in islice(found, args.limit):
            screen.data(result.raw)
        return Exit.OK
    shown = list(islice(found, args.limit or 50))
    screen.table(("row", "result", "shop", "contact", "url", "reason"), [_result(one) for one in shown])
    return Exit.OK


def errors(args: Namespace, client: Client, screen: Screen) -> Exit:
    analysis = client.analyze(batch_id_of(client, args.batch))
    screen.data(analysis.raw)
    screen.say(f"{analysis.total_errors:,} rows failed")
    if analysis.top_errors:
        rows = [(one["error_type"], one["count"], one["percentage"]) for one in analysis.top_errors]
        screen.table(("reason", "rows", "%"), rows)
    for advice in analysis.recommendations:
        screen.say(f"- {advice}")
    return Exit.OK


def _line(batch: Batch) -> tuple[object, ...]:
    return (
        short(batch.batch_id), batch.batch_name, batch.status, batch.total_urls, batch.progress_percentage,
        batch.failed_count, batch.created_at,
    )  # fmt: skip


def _result(one: Result) -> tuple[object, ...]:
    said = "ok" if one.success else "failed"
    return one.row_no, said, one.store_name, one.business_contact, one.url, one.error_message or ""
