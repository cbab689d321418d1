"""The command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from image_analyzer.client import Client
from image_analyzer.command.exits import Exit, UsageError, exit_of
from image_analyzer.command.parser import make_parser
from image_analyzer.command.screen import Screen
from image_analyzer.errors import ApiError, ImageAnalyzerError


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status (exits.py). argparse itself ends the process with 2 for arguments that are none."""
    args = make_parser().parse_args(argv)
    screen = Screen(args.json)
    try:
        with _client(args.url, args.key) as client:
            status: Exit = args.run(args, client, screen)
        sys.stdout.flush()
        return status
    except UsageError as error:
        screen.note(f"image-analyzer: {error}", "red")
        return Exit.USAGE
    except ImageAnalyzerError as error:
        screen.note(f"image-analyzer: {error}{_request(error)}", "red")
        return exit_of(error)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Who read it has enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except OSError as error:
        screen.note(f"image-analyzer: {error}", "red")
        return Exit.NOT_WELL


def _client(url: str | None, key: str | None) -> Client:
    try:
        return Client(url, key)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _request(error: ImageAnalyzerError) -> str:
    """What the service's logs have it under, where the fault may be the service's."""
    if isinstance(error, ApiError) and error.status >= 500 and error.request_id:
        return f" (request {error.request_id})"
    return ""
