"""How the command ends."""

from enum import IntEnum

from image_analyzer.errors import ApiError, ImageAnalyzerError, ServerError, SystemUnavailable, WaitTimeout


class Exit(IntEnum):
    OK = 0
    NOT_WELL = 1  # the batch failed or was cancelled, the time to wait was over, a fault was found
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    INTERRUPTED = 130  # as shells have it for Ctrl-C


class UsageError(Exception):
    """What was typed can't be done; the text says why."""


def exit_of(error: ImageAnalyzerError) -> Exit:
    match error:
        case WaitTimeout():
            return Exit.NOT_WELL
        case SystemUnavailable():
            return Exit.UNREACHABLE
        case ServerError():
            return Exit.NOT_WELL
        case ApiError():
            return Exit.REFUSED
        case _:
            return Exit.UNREACHABLE
