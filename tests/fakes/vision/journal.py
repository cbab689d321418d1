"""What the fake was asked for, in a file that is true at every moment, and counted.

One line an image when its call arrives, one line a call when it ends. The lines of a call go to the file in
one write of the operating system, so that a reader after a kill -9 of either side misses nothing."""

from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

# Only "ok" is paid: refused and failed calls and image errors are free.
Outcome = Literal["ok", "image_error", "bad_key", "refused", "invalid", "failed", "hang"]


class ImageLine(msgspec.Struct, frozen=True, tag="image", tag_field="kind"):
    """`t` is Unix time in seconds when the call arrived, `image` the sha256 of the content in hex."""

    t: float
    call: int
    key: str
    image: str
    outcome: Outcome


class CallLine(msgspec.Struct, frozen=True, tag="call", tag_field="kind"):
    """`status` is the gRPC code's name; CANCELLED: the client went away or ran out of time."""

    t: float
    end: float
    call: int
    key: str
    images: int
    bytes: int
    status: str


class Log(msgspec.Struct, frozen=True):
    """A log read back."""

    images: list[ImageLine]
    calls: list[CallLine]

    def paid(self) -> Counter[str]:
        """How often each content (sha256, hex) was paid for."""
        return Counter(line.image for line in self.images if line.outcome == "ok")


class Stats(msgspec.Struct):
    """Counts since the last reset. `times` are the arrivals of the last 100,000 calls, Unix seconds."""

    calls: int = 0
    images: int = 0
    paid: int = 0
    distinct_paid: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    outcomes: dict[str, int] = {}  # calls by outcome; a call with some image errors is "ok"
    images_per_call: dict[int, int] = {}
    times: list[float] = []


class Journal:
    """Writes the lines (when there is a `path`) and keeps the counts."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("ab", buffering=0) if path else None
        self.reset()

    def reset(self) -> None:
        self._next_call = getattr(self, "_next_call", 1)
        self._in_flight = getattr(self, "_in_flight", 0)
        self._most = self._in_flight
        self._images = self._paid = 0
        self._distinct: set[bytes] = set()
        self._outcomes: Counter[str] = Counter()
        self._sizes: Counter[int] = Counter()
        self._times: deque[float] = deque(maxlen=100_000)

    def arrived(self, t: float, key: str, images: Sequence[tuple[bytes, Outcome]], outcome: Outcome) -> int:
        """Notes a call and its images (digest, outcome); returns the call's number."""
        call, self._next_call = self._next_call, self._next_call + 1
        self._in_flight += 1
        self._most = max(self._most, self._in_flight)
        self._times.append(t)
        self._outcomes[outcome] += 1
        self._sizes[len(images)] += 1
        self._images += len(images)
        paid = [digest for digest, how in images if how == "ok"]
        self._paid += len(paid)
        self._distinct.update(paid)
        head = f'{{"kind":"image","t":{t:.6f},"call":{call},"key":"{key}","image":"'
        self._write("".join(f'{head}{digest.hex()}","outcome":"{how}"}}\n' for digest, how in images))
        return call

    def ended(self, line: CallLine) -> None:
        self._in_flight -= 1
        self._write(msgspec.json.encode(line).decode() + "\n")

    def stats(self) -> Stats:
        return Stats(
            calls=self._outcomes.total(),
            images=self._images,
            paid=self._paid,
            distinct_paid=len(self._distinct),
            in_flight=self._in_flight,
            most_in_flight=self._most,
            outcomes=dict(self._outcomes),
            images_per_call=dict(sorted(self._sizes.items())),
            times=list(self._times),
        )

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _write(self, lines: str) -> None:
        if self._file and lines:
            self._file.write(lines.encode())


def read_log(path: Path) -> Log:
    """Every whole line written so far."""
    decoder = msgspec.json.Decoder(ImageLine | CallLine)
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    lines = [decoder.decode(line) for line in whole.splitlines()]
    return Log(
        images=[line for line in lines if isinstance(line, ImageLine)],
        calls=[line for line in lines if isinstance(line, CallLine)],
    )
