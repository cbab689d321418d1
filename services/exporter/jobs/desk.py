"""The table of exports in the background: a change names its fence, and an older one changes nothing."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from services.exporter.export.copying import Tally
from services.exporter.jobs.verdict import Again, Verdict
from shared.exporting import Export
from shared.postgres import Pool, statements_beside

_SQL = statements_beside(__file__)
# A maker that is dead is noticed so late; one that lives renews it many times before.
LEASE_SECONDS = 15.0
# Long enough to be fetched on the next morning; whoever comes later asks again, for newer rows.
_KEPT_HOURS = 24
_decoder = msgspec.json.Decoder(Export)


class Claim(NamedTuple):
    """`failures`: those before it, makers that died included. `asked` is an Export as JSON."""

    export_id: UUID
    fence: int
    failures: int
    asked: str

    @property
    def export(self) -> Export:
        """Raises msgspec.MsgspecError for what a newer gateway wrote."""
        return _decoder.decode(self.asked)


class Planned(NamedTuple):
    """`rows` is the most that there can be."""

    filename: str
    media_type: str
    batches: list[UUID]
    rows: int


class Made(NamedTuple):
    rows: int
    size: int
    sha256: bytes


class Desk:
    def __init__(self, pool: Pool, owner: str) -> None:
        self._pool = pool
        self._owner = owner

    async def claim(self) -> Claim | None:
        row = await self._pool.fetchrow(_SQL["claim"], self._owner, LEASE_SECONDS)
        if row is None:
            return None
        return Claim(*row)

    async def planned(self, claim: Claim, planned: Planned) -> None:
        await self._pool.execute(_SQL["plan"], claim.export_id, claim.fence, *planned)

    async def renew(self, claim: Claim, tally: Tally, size: int) -> bool:
        """False when it is another's by now, or nobody wants it any more."""
        found = await self._pool.fetchval(
            _SQL["renew"], claim.export_id, claim.fence, LEASE_SECONDS, tally.rows, tally.server_pid, size
        )
        return found is not None

    async def complete(self, claim: Claim, made: Made) -> bool:
        """False as `renew`."""
        found = await self._pool.fetchval(
            _SQL["complete"], claim.export_id, claim.fence, made.rows, made.size, made.sha256, _KEPT_HOURS
        )
        return found is not None

    async def give_back(self, claim: Claim) -> None:
        """At once, and it is no failure."""
        await self._pool.execute(_SQL["give_back"], claim.export_id, claim.fence, 0.0, claim.failures, None)

    async def settle(self, claim: Claim, failures: int, verdict: Verdict) -> None:
        key = claim.export_id, claim.fence
        if isinstance(verdict, Again):
            await self._pool.execute(_SQL["give_back"], *key, verdict.seconds, failures, verdict.why)
        else:
            await self._pool.execute(_SQL["fail"], *key, failures, verdict.why)
