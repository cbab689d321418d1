"""How far a batch may go without passing its max_cost: pure."""

from typing import NamedTuple


class Budget(NamedTuple):
    """As of a look, in micro-dollars. Rows are counted as they are handed out for the first time: what the
    first `settled` of them cost is in `spent`, of the others a part may be. `image` is the price of one."""

    max_cost: int
    spent: int
    image: int
    settled: int

    def allows(self, handed: int) -> bool:
        """Whether so many rows may be handed out in all: those that are not settled count as paid for."""
        return (handed - self.settled) * self.image <= max(0, self.max_cost - self.spent)
