"""What becomes of an export that broke off (pure): tried again a few times, or failed with a sentence."""

import errno
from typing import NamedTuple

from obstore.exceptions import BaseError

from services.exporter.export.columns import UnknownColumns
from services.exporter.export.plan import TooLarge, UnknownBatch
from shared.postgres import UNAVAILABLE

_MOST_FAILURES = 3
_FIRST_REST_SECONDS = 5.0
_REST_GROWS = 4.0
# Of the folder where what a copy has ahead of its reader lies. The blob store's own errors have no number.
_OF_DISKS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


class Again(NamedTuple):
    """After `seconds`. `why` is shown until then."""

    seconds: float
    why: str


class Failed(NamedTuple):
    why: str


Verdict = Again | Failed


def verdict_of(error: Exception, failures: int) -> Verdict:
    """`failures`: those that count by now, this one too. What would be the same again is not tried again."""
    if isinstance(error, UnknownBatch | UnknownColumns | TooLarge):
        return Failed(str(error))
    why = _why(error)
    if failures >= _MOST_FAILURES:
        return Failed(f"{why} It was tried {failures} times. Ask for the export again when that is repaired.")
    return Again(_FIRST_REST_SECONDS * _REST_GROWS ** (failures - 1), why)


def of_deaths(failures: int) -> Failed | None:
    """Of a claim: its makers' ends count, too, for it may be what ends them."""
    if failures < _MOST_FAILURES:
        return None
    return Failed(f"It was begun {failures} times and never ended. Ask for fewer rows, or for CSV.")


def _why(error: Exception) -> str:
    match error:
        case OSError() if error.errno in _OF_DISKS:
            return "The exporter's disk does not take the file."
        case ConnectionError() | TimeoutError():
            return "The results could not be read."
        case BaseError() | FileNotFoundError() | PermissionError() | OSError(errno=None):
            return "The blob store does not take the file."
        case _ if isinstance(error, UNAVAILABLE):
            return "The results could not be read."
        case _:
            return "Something went wrong here; the exporter's log says what."
