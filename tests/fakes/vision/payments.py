"""The one rule of what may be paid for (G4), from the fake's log: of all calls that paid for an image at most
one was heard. One that ran out of time, or was in flight when its caller was killed, may be made again."""

from bisect import bisect
from collections import Counter
from collections.abc import Collection, Sequence

from tests.fakes.vision.journal import Log

# A call that was answered and not yet written down when its caller died is as lost as one without an answer.
_WRITING_SECONDS = 1.0


def assert_paid_once(log: Log, kills: Collection[float] = (), anew: Sequence[float] = ()) -> int:
    """How many images were paid for again, each for a good reason. `kills` are the moments (Unix seconds) at
    which an analyzer was killed, `anew` those, in order, from which images may be paid for as if never seen:
    the ledger was lost, or somebody asked for fresh answers."""
    lost = _lost(log, kills)
    paid: Counter[tuple[str, int]] = Counter()
    heard: Counter[tuple[str, int]] = Counter()
    for line in log.images:
        if line.outcome == "ok":
            image = line.image, bisect(anew, line.t)
            paid[image] += 1
            heard[image] += line.call not in lost
    twice = [image for (image, _), times in heard.items() if times > 1]
    assert not twice, f"{len(twice)} images were paid for again though a call for them was heard: {twice[:3]}"
    return paid.total() - len(paid)


def _lost(log: Log, kills: Collection[float]) -> set[int]:
    """Numbers of the calls that nobody heard: without an end, given up, or in flight at a kill."""
    unheard = {line.call for line in log.images}
    for call in log.calls:
        killed = any(call.t <= kill <= call.end + _WRITING_SECONDS for kill in kills)
        if call.status != "CANCELLED" and not killed:
            unheard.discard(call.call)
    return unheard
