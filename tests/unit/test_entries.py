"""The ledger's entry comes back as it was paid for."""

from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer import entries
from services.analyzer.analysis import Analysis, Scored, TextLine
from services.analyzer.entries import Entry, Fresh

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
shares = st.floats(0, 1)
lines = st.builds(TextLine, text=texts, x=shares, y=shares, width=shares, height=shares, confidence=shares)
analyses = st.builds(
    Analysis,
    provider=st.just("google"),
    text=texts,
    lines=st.lists(lines, max_size=3).map(tuple),
    labels=st.lists(st.builds(Scored, name=texts, score=shares), max_size=3).map(tuple),
    model=st.none() | texts,
)


@given(st.builds(Entry, origin=texts, analysis=analyses, key=st.none() | texts, seconds=shares))
def test_an_entry_survives_the_ledger(entry: Entry) -> None:
    body = entries.encode(entry)
    assert entries.decode(body) == entry
    assert len(body) > 1, "one byte is a claim's answer"
    assert entries.decode(body[:-1]) is None


def test_what_is_no_entry_is_none() -> None:
    for body in (b"", b"\xc1", b"\x84\xa6origin\xa2\xff\xfe"):
        assert entries.decode(body) is None


def test_a_fresh_answer_is_a_new_one_or_the_batch_s_own() -> None:
    """The batch's own counts whatever the clocks say, or a slice that comes again would pay twice."""
    mine, other = UUID(int=1), UUID(int=2)
    fresh = Fresh(100.0, mine)
    accepted = [
        fresh.accepts(Entry(f"{batch}/7", Analysis("google"), None, 0.1, at))
        for batch, at in ((other, 99.0), (other, 100.0), (mine, 99.0))
    ]
    assert accepted == [False, True, True]


def test_an_entry_of_before_there_was_a_time_in_it_is_read_and_is_never_fresh() -> None:
    analysis = Analysis("google", text="seen")
    old = msgspec.msgpack.encode(
        {"origin": "o", "analysis": msgspec.to_builtins(analysis), "key": None, "seconds": 0.1}
    )
    entry = entries.decode(old)
    assert entry == Entry("o", analysis, None, 0.1)
    assert not Fresh(1.0, UUID(int=1)).accepts(entry)
