"""A strict sliding window: never more than `limit` units in any `window` seconds, however they are spread."""

from collections import deque


class SlidingWindow:
    """Keeps one entry a call for `window` seconds."""

    def __init__(self) -> None:
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def wait_for(self, units: int, limit: int, window: float, now: float) -> float:
        """Seconds until `units` more fit; 0 when they fit now, `window` when they never can."""
        self._forget(now - window)
        excess = self._sum + units - limit
        if excess <= 0:
            return 0.0
        for taken_at, count in self._taken:
            excess -= count
            if excess <= 0:
                return taken_at + window - now
        return window

    def take(self, units: int, now: float) -> None:
        self._taken.append((now, units))
        self._sum += units

    def _forget(self, until: float) -> None:
        while self._taken and self._taken[0][0] <= until:
            self._sum -= self._taken.popleft()[1]


class Quotas:
    """Two windows for each project: calls and images."""

    def __init__(self) -> None:
        self._calls: dict[str, SlidingWindow] = {}
        self._images: dict[str, SlidingWindow] = {}

    def take(
        self,
        project: str,
        images: int,
        *,
        calls_limit: int | None,
        images_limit: int | None,
        window: float,
        count_refused: bool,
        now: float,
    ) -> float:
        """Seconds to wait; 0 when the call was let through. Only then (or by `count_refused`) it counts."""
        calls = self._calls.setdefault(project, SlidingWindow())
        shown = self._images.setdefault(project, SlidingWindow())
        wait = max(
            0.0 if calls_limit is None else calls.wait_for(1, calls_limit, window, now),
            0.0 if images_limit is None else shown.wait_for(images, images_limit, window, now),
        )
        if not wait or count_refused:
            calls.take(1, now)
            shown.take(images, now)
        return wait
