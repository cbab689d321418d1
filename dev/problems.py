"""What can go wrong at start, as one sentence that says what to do about it."""

from __future__ import annotations


class StartProblem(Exception):
    """The system can't start. Its text is shown to the user as it is: no traceback, exit code 1."""
