"""The contiguous finished prefix of a partition: what may be acknowledged."""


class Prefix:
    """Offsets begin in any order and finish in any order; `position` is the next offset to commit.

    Finished work right of a gap is kept, and committed when the gap closes.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        self._open: set[int] = set()
        self._finished: set[int] = set()

    def begin(self, offset: int) -> bool:
        """False for an offset that is in hand or done already: a redelivery after a rebalance."""
        if offset < self.position or offset in self._open or offset in self._finished:
            return False
        self._open.add(offset)
        return True

    def finish(self, offset: int) -> None:
        if offset in self._open:
            self._open.remove(offset)
            self._finished.add(offset)
            self._advance()

    def _advance(self) -> None:
        """Kafka's offsets have holes (transaction markers), so the edge is the lowest open offset."""
        edge = min(self._open, default=max(self._finished, default=self.position - 1) + 1)
        if edge > self.position:
            self.position = edge
            self._finished = {offset for offset in self._finished if offset >= edge}
