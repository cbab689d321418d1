"""The words of the command line."""

from __future__ import annotations

from argparse import (
    SUPPRESS,
    ArgumentParser,
    ArgumentTypeError,
    BooleanOptionalAction,
    RawDescriptionHelpFormatter,
)
from collections.abc import Callable

from image_analyzer.command import acting, doctor, keys, reading, sending
from image_analyzer.command.exits import Exit
from image_analyzer.version import __version__

_ENDS = """exit status:
  0  done
  1  done, but not well: the batch failed or was cancelled, time was over, a fault was found
  2  what was typed can't be done
  3  the service can't be reached, or something that it needs is away
  4  the service refused; the sentence says why
  130  Ctrl-C; a batch that was waited for goes on

A batch is named by its id or the unique beginning of one.
IMAGE_ANALYZER_URL and IMAGE_ANALYZER_KEY say where the service is and who asks."""


class _Commands:
    """The parsers of the commands. What may stand before a command may stand behind it, too."""

    def __init__(self, parser: ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(self, name: str, run: Callable[..., Exit], about: str, *, batch: bool = False) -> ArgumentParser:
        made: ArgumentParser = self._parsers.add_parser(
            name, help=about, description=about, parents=[_everywhere(SUPPRESS)]
        )
        made.set_defaults(run=run)
        if batch:
            made.add_argument("batch", metavar="ID", help="the batch")
        return made


def make_parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="image-analyzer",
        description="Send image URLs to Image Analyzer Enterprise and fetch what was read.",
        epilog=_ENDS,
        formatter_class=RawDescriptionHelpFormatter,
        parents=[_everywhere(None)],
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = _Commands(parser)
    _sending(commands)
    _reading(commands)
    _acting(commands)
    commands.add("doctor", doctor.doctor, "is the service there and well")
    _keys(commands)
    return parser


def _everywhere(default: object) -> ArgumentParser:
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--url", default=default, help="the service (IMAGE_ANALYZER_URL)")
    parser.add_argument("--key", default=default, help="the API key; IMAGE_ANALYZER_KEY keeps it out of `ps`")
    parser.add_argument(
        "--json", action="store_true", default=default or False, help="JSON for programs, an object a line"
    )
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 31):
        raise ArgumentTypeError(f"a whole number from 1 on, not {text[:50]!r}")
    return int(text)


def _dollars(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount < 1e9:
        raise ArgumentTypeError(f"a sum in US dollars above 0, such as 12.50, not {text[:50]!r}")
    return amount


def _sending(commands: _Commands) -> None:
    submit = commands.add("submit", sending.submit, "send a file of image URLs")
    submit.add_argument("file", metavar="FILE", help=".csv, .csv.gz or .xlsx; - reads standard input")
    submit.add_argument("--name", help="the batch's name; else the file's")
    submit.add_argument("--priority", choices=["low", "normal", "high"])
    submit.add_argument("--region", help="where phone numbers without a country code are from, like US")
    submit.add_argument("--chunk-size", type=_count, metavar="ROWS")
    submit.add_argument("--force-refresh", action="store_true", help="reuse no answer from before")
    submit.add_argument("--max-cost", type=_dollars, metavar="USD", help="pause it before it costs more")
    submit.add_argument("--gzip", action="store_true", help="pack the file on its way")
    submit.add_argument("--hold", action="store_true", help="do not start it yet")
    submit.add_argument("--dry-run", action="store_true", help="only say what it would be and cost")
    submit.add_argument("--wait", action="store_true", help="follow it to its end; -o does so, too")
    _ending(submit)
    wait = commands.add("wait", sending.wait, "follow a batch to its end", batch=True)
    _ending(wait)


def _ending(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="PATH", help="the results: .csv, .xlsx, .parquet and so on")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="of the waiting; the batch goes on")


def _reading(commands: _Commands) -> None:
    ls = commands.add("ls", reading.ls, "the batches, the newest first")
    ls.add_argument("text", nargs="?", help="a part of the name")
    ls.add_argument("--status")
    ls.add_argument("--deleted", action="store_true", help="also those that were removed with --soft")
    ls.add_argument("-n", "--limit", type=_count, default=20)
    commands.add("show", reading.show, "one batch", batch=True)
    results = commands.add("results", reading.results, "the results of a batch, row by row", batch=True)
    results.add_argument("-n", "--limit", type=_count, help="else 50, or all with --json")
    _filters(results)
    export = commands.add("export", sending.export, "the results as a file", batch=True)
    export.add_argument("-o", "--output", metavar="PATH", required=True, help="- is standard output")
    export.add_argument("--format", choices=sending.FORMATS, help="else by the name of the file")
    export.add_argument("--metadata", action=BooleanOptionalAction, default=True)
    export.add_argument(
        "--background", action="store_true", help="made there first; one that is too large is made so anyway"
    )
    export.add_argument("--columns", metavar="NAME", nargs="+", help="these, in this order")
    export.add_argument("--excel", action="store_true", help="CSV with a byte order mark")
    _filters(export)
    commands.add("errors", reading.errors, "why rows failed", batch=True)


def _filters(parser: ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--success-only", "--successful", action="store_true")
    either.add_argument("--failed-only", "--failed", action="store_true")
    parser.add_argument("--has-store-name", action="store_true")
    parser.add_argument("--has-contact", action="store_true")
    parser.add_argument("--start-date", metavar="DATE")
    parser.add_argument("--end-date", metavar="DATE")
    parser.add_argument("--error-class", metavar="CLASS")
    parser.add_argument("--from-row", type=_count, metavar="N")
    parser.add_argument("--to-row", type=_count, metavar="N")


def _acting(commands: _Commands) -> None:
    for verb, about in acting.VERBS.items():
        commands.add(verb, acting.control, about, batch=True)
    resume = commands.add("resume", acting.resume, "go on", batch=True)
    resume.add_argument(
        "--max-cost", type=_dollars, metavar="USD", help="what it may cost from now on, in all"
    )
    retry = commands.add("retry", acting.retry, "try failed rows again", batch=True)
    retry.add_argument("--error-class", action="append", default=[], metavar="CLASS", help="may be repeated")
    clone = commands.add("clone", acting.clone, "a new batch of the same rows", batch=True)
    clone.add_argument("--name")
    clone.add_argument("--with-results", action="store_true", help="no image is paid for again")
    rm = commands.add("rm", acting.remove, "delete a batch for good", batch=True)
    rm.add_argument("--force", action="store_true", help="also while it is active")
    rm.add_argument("--soft", action="store_true", help="it can be restored for a while")
    rm.add_argument("--days", type=_count, help="how long, with --soft")


def _keys(commands: _Commands) -> None:
    parser = commands.add("keys", keys.keys, "API keys, for admins")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make one; it is shown once")
    create.add_argument("--role", required=True, choices=["viewer", "operator", "admin"])
    create.add_argument("--name", default="made by command", help="who or what it is for")
    actions.add_parser("list", help="every key, without what opens the door")
    revoke = actions.add_parser("revoke", help="it stops working within seconds")
    revoke.add_argument("key_id", metavar="KEY_ID")
