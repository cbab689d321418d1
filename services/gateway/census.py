"""What the rows of an upload are worth: valid ones counted, the others explained."""

from typing import NamedTuple

import msgspec

from services.gateway.digests import Digests
from shared.cache_keys import url_digest
from shared.events import SliceRow
from shared.web_address import fault_of

_SHOWN = 100


class Fault(NamedTuple):
    """A row that will fail whatever happens: where it begins in the file, and why."""

    line: int
    row_no: int
    reason: str


class Census:
    """Is told of each row as the reader writes it; the addresses of the valid ones go to `digests`."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._decoder = msgspec.json.Decoder(SliceRow)
        self.valid = 0
        self.invalid = 0
        self.faults: list[Fault] = []

    def take(self, line: int, written: bytes) -> None:
        row = self._decoder.decode(written)
        reason = row.unreadable or fault_of(row.url)
        if reason is None:
            self.valid += 1
            self._digests.add(url_digest(row.url))
            return
        self.invalid += 1
        if len(self.faults) < _SHOWN:
            self.faults.append(Fault(line, row.row_no, reason))
