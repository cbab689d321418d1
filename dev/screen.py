"""What `make run` shows: bars and colours on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

Step = Callable[[int, int], None]


class Screen:
    """Every text is shown as it is: a name from a CSV may look like markup."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def say(self, text: str) -> None:
        # A line in a file or a pipe is not cut at a width that nobody sees.
        self.console.print(escape(text), soft_wrap=True)

    def table(self, title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """A drawn table on a terminal; elsewhere a line a row, its columns aligned and never cut."""
        if self.console.is_terminal:
            drawn = Table(*head, title=title)
            for row in rows:
                drawn.add_row(*(escape(cell) for cell in row))
            self.console.print(drawn)
            return
        lines = [head, *rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.say("  ".join(cells).rstrip())

    @contextmanager
    def bar(self, title: str) -> Iterator[Step]:
        """Yields what takes (done, total)."""
        if not self.console.is_terminal:
            yield self._lines(title)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
        with Progress(*columns, MofNCompleteColumn(), TimeElapsedColumn(), console=self.console) as progress:
            task = progress.add_task(escape(title), total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    def _lines(self, title: str) -> Step:
        """A line at the start, then one for each further tenth."""
        shown = -1

        def step(done: int, total: int) -> None:
            nonlocal shown
            tenth = done * 10 // total if total else 0
            if tenth > shown:
                shown = tenth
                self.say(f"{title}: {done}/{total}")

        return step
