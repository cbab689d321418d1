"""Progress bars on standard error: live on a terminal, elsewhere a line for each tenth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from image_analyzer.command.screen import Screen
from image_analyzer.models import ExportJob, Progress


class Look(NamedTuple):
    """A batch's progress as it is shown."""

    status: str
    rate: str
    failed: str
    eta: str


def look_of(progress: Progress, now: datetime) -> Look:
    rate = f"{progress.processing_rate_per_minute:,.0f}/min" if progress.processing_rate_per_minute else ""
    failed = f"{progress.failed_count:,} failed" if progress.failed_count else ""
    eta = ""
    if progress.estimated_completion is not None:
        eta = f"{_span((progress.estimated_completion - now).total_seconds())} left"
    return Look(_WAITS.get(progress.pause_reason or progress.status, progress.status), rate, failed, eta)


# What a batch that does not move waits for.
_WAITS = {
    "pending": "pending: waits for start",
    "queued": "queued: waits for its turn",
    "paused": "paused: waits for resume",
    "max_cost": "paused: would cost more than --max-cost; resume with a higher one",
}


@contextmanager
def batch_bar(screen: Screen) -> Iterator[Callable[[Progress], None]]:
    if not screen.err.is_terminal:
        yield _Lines(screen).step
        return
    columns = (
        TextColumn("{task.fields[look].status}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[look].rate}"), TextColumn("[red]{task.fields[look].failed}"),
        TextColumn("{task.fields[look].eta}"),
    )  # fmt: skip
    with Bars(*columns, console=screen.err) as bars:
        task = bars.add_task("", total=None, look=Look("", "", "", ""))

        def step(progress: Progress) -> None:
            look = look_of(progress, datetime.now(UTC))
            bars.update(task, completed=progress.processed_count, total=progress.total_urls, look=look)

        yield step


@contextmanager
def upload_bar(screen: Screen) -> Iterator[Callable[[int, int], None] | None]:
    """None where nobody watches."""
    with _bytes_bar(screen, "Uploading") as bars:
        if bars is None:
            yield None
            return
        task = bars.add_task("", total=None)
        yield lambda sent, total: bars.update(task, completed=sent, total=total)


@contextmanager
def export_bar(screen: Screen) -> Iterator[Callable[[ExportJob], None]]:
    """Of what is made in the background: its rows."""
    if not screen.err.is_terminal:
        screen.note("The file is made in the background first.")
        yield lambda _: None
        return
    columns = (
        TextColumn("Preparing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[status]}"),
    )
    with Bars(*columns, console=screen.err, transient=True) as bars:
        task = bars.add_task("", total=None, status="")
        yield lambda job: bars.update(
            task, completed=job.rows_done, total=job.rows_total, status=job.error_message or job.status
        )


@contextmanager
def download_bar(screen: Screen, size: int | None = None) -> Iterator[Callable[[int], None] | None]:
    """None where nobody watches. How much will come is not always known before."""
    with _bytes_bar(screen, "Downloading") as bars:
        if bars is None:
            yield None
            return
        task = bars.add_task("", total=size)
        yield lambda come: bars.update(task, completed=come)


@contextmanager
def _bytes_bar(screen: Screen, title: str) -> Iterator[Bars | None]:
    if not screen.err.is_terminal:
        yield None
        return
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, console=screen.err, transient=True) as bars:
        yield bars


class _Lines:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._shown: tuple[str, int] | None = None

    def step(self, progress: Progress) -> None:
        """A line for each new status and each further tenth."""
        now = progress.status, int(progress.progress_percentage) // 10
        if now != self._shown:
            self._shown = now
            look = [text for text in look_of(progress, datetime.now(UTC)) if text]
            counts = f"{progress.processed_count}/{progress.total_urls}"
            self._screen.note("  ".join([counts, *look]))


def _span(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
