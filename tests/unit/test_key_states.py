"""What is told of a key: what is wrong with it goes before what is wrong with its group."""

import pytest

from shared.key_states import Group, KeyState, told

NOW = 1_000
WELL, RESTS, RESTED = Group(None, 0, 0, 7), Group(38, 6_000, 1, 7), Group(38, 900, 1, 7)


@pytest.mark.parametrize(
    ("entry", "group", "state", "until", "reason"),
    [
        (None, WELL, KeyState.PROBING, 0, "never answered"),
        (None, RESTS, KeyState.PROBING, 0, "never answered"),
        ("ok|0|500|", WELL, KeyState.OK, 0, ""),
        ("ok|0|500|", RESTS, KeyState.COOLING, 6_000, "refusals for the quota in a row: 1"),
        ("ok|0|500|", RESTED, KeyState.PROBING, 0, "refusals for the quota in a row: 1"),
        ("quarantined|2000|500|a | b", RESTS, KeyState.QUARANTINED, 2_000, "a | b"),
        ("quarantined|999|500|bad", WELL, KeyState.PROBING, 999, "bad"),
        ("probing|2000|500|bad", WELL, KeyState.PROBING, 2_000, "bad"),
    ],
)
def test_what_is_told(entry: str | None, group: Group, state: KeyState, until: int, reason: str) -> None:
    found = told(entry, group, NOW)
    assert (found.state, found.until, found.reason) == (state, until, reason)
    assert (found.limit, found.used) == (group.limit, group.used)
