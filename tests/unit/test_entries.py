"""The ledger's entry comes back as it was paid for."""

from hypothesis import given
from hypothesis import strategies as st

from services.analyzer import entries
from services.analyzer.analysis import Analysis, Scored, TextLine
from services.analyzer.entries import Entry

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
