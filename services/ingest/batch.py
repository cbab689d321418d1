"""One batch that this member owns: what the user wants of it, how far it is cut, what is out."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from services.ingest.budget import Budget
from services.ingest.cutting import MAX_ROWS, Slice
from services.ingest.open_slices import Entry, OpenSlices
from services.ingest.pace import Pace
from services.ingest.tape import Tape
from services.ingest.timing import Timing
from services.ingest.window import Demand

if TYPE_CHECKING:
    from services.ingest.again import Again

# An exporter that is behind stops the dispatch before the book fills memory: 40 s of the whole system's aim.
MAX_OPEN = 2_000


class Look(msgspec.Struct, frozen=True):
    """A batch as Postgres has it now, whoever owns it. `over`: ended, cancelled, deleted or purged. Money is
    in micro-dollars: `max_cost` None is no limit, and `spent` not known then; `image_price` None: not yet."""

    batch_id: UUID
    started: bool
    running: bool
    over: bool
    version: int
    weight: int
    total_urls: int
    next_row: int
    run: int = 1
    max_cost: int | None = None
    spent: int | None = None
    image_price: int | None = None

    @property
    def has_work(self) -> bool:
        """It takes part in sharing the room."""
        return self.started and self.running and not self.over and self.next_row <= self.total_urls


class Facts(msgspec.Struct, frozen=True):
    """What never changes while this member owns the batch. `copied_from`: the batch whose results are its
    own, too; `fresh_since`: answers that were paid for earlier do not count."""

    batch_id: UUID
    run: int
    epoch: int
    chunk_size: int
    total_urls: int
    columns: tuple[str, ...]
    region: str
    rows_path: str
    copied_from: UUID | None = None
    fresh_since: datetime | None = None


class Batch:
    """Memory is bounded by the window and MAX_OPEN; how many rows the batch has costs nothing."""

    def __init__(
        self, facts: Facts, tape: Tape, open_slices: OpenSlices, again: "Again | None" = None
    ) -> None:
        self.facts = facts
        self.tape = tape
        # What a later run hands out; None for the first, which hands out every row.
        self.again = again
        self.open_slices = open_slices
        self.pace = Pace()
        self.look: Look | None = None
        self.budget: Budget | None = None
        # By its pictures' hosts and by nothing else, as the analyzers say.
        self.held_up = False
        self.rests_until = 0.0
        # Rows that were handed out for the first time, those that are open included, whoever did it.
        self.handed = open_slices.rows
        self._missing_since: float | None = None
        self._served = 0.0

    @property
    def running(self) -> bool:
        return self.look is not None and self.look.started and self.look.running and not self.look.over

    @property
    def version(self) -> int:
        return self.look.version if self.look else 0

    @property
    def weight(self) -> int:
        return self.look.weight if self.look else 1

    @property
    def settled(self) -> int:
        """Rows of `handed` whose results are stored, with what they cost."""
        return self.handed - self.open_slices.rows

    def looked(self, look: Look, settled: int | None) -> None:
        """`settled` is from before the look began; None: nobody counted then, and the next look will tell."""
        self.look = look
        if look.max_cost is None or look.spent is None or look.image_price is None or settled is None:
            self.budget = None
        else:
            self.budget = Budget(look.max_cost, look.spent, look.image_price, settled)

    @property
    def affordable(self) -> bool:
        """The next slice can't take it past its max_cost, whatever becomes of those that are out. Each counts
        in full, also where a later run tries a few of its rows."""
        if self.look is None or self.look.max_cost is None:
            return True
        return self.budget is not None and self.budget.allows(self.handed + self.tape.next_rows)

    @property
    def short(self) -> bool:
        """Nothing was out at the look that could cost less than was reckoned, and there is no money for
        what is left."""
        all_told = self.budget is not None and self.budget.settled == self.handed
        return all_told and self.running and not self.affordable and self.tape.rows_left > 0

    def found(self) -> None:
        """Its file was read."""
        self._missing_since = None

    def gone(self, now: float, timing: Timing) -> bool:
        """Its file was not there at `now`. True once that has lasted long enough to be believed."""
        if self._missing_since is None:
            self._missing_since = now
        return now - self._missing_since >= timing.gone_after

    def demand(self, now: float, timing: Timing) -> Demand:
        """How many slices it may have out, by its state, its pace, its book and what it has left. While slow
        hosts hold it up its pace tells nothing: a few rows of each slice would keep the next ones waiting."""
        out = len(self.open_slices.out)
        if not self.running or now < self.rests_until:
            return Demand(1, out, 0)
        new = min(-(-max(0, self.tape.rows_left) // MAX_ROWS), max(0, MAX_OPEN - len(self.open_slices)))
        new = new if self.affordable else 0
        again = len(self.open_slices.resendable(self.version, now, timing))
        # Fewer than it weighs could not be ahead of others by that.
        most = MAX_OPEN if self.held_up else max(self.pace.most(now), self.weight)
        return Demand(self.weight, out, min(most, out + new + again), self._served)

    def resend(self, entry: Entry, now: float) -> Entry:
        """The next dispatch of a slice that came back."""
        return self._out(entry.piece, entry.dispatch + 1, now, entry.why, entry.lost)

    def send(self, piece: Slice, now: float) -> Entry:
        """The first dispatch of a slice."""
        self.handed += piece.rows
        return self._out(piece, 1, now, "first")

    def _out(self, piece: Slice, dispatch: int, now: float, why: str, lost: int = 0) -> Entry:
        entry = Entry(self.facts.batch_id, piece, dispatch, self.version, now, why=why, lost=lost)
        self.open_slices.send(entry)
        self._served = now
        return entry
