"""A dry run's counts are exact, its faults stand in the right lines, and its estimate can be done by hand."""

import io
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway import digests as digests_module
from services.gateway.census import Census, Fault
from services.gateway.digests import BUCKETS, Digests
from services.gateway.dry_run import Images, report
from services.gateway.estimate import Outlook, calls_for, completion, cost, images_a_call, quota_per_minute
from services.gateway.reading import Normaliser
from services.gateway.settings import GatewaySettings
from shared.cache_keys import url_digest
from shared.price import Price
from shared.settings import SettingsError, read

NEEDED = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "KAFKA_BOOTSTRAP_SERVERS": "x"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def count(data: bytes, block: int = 1 << 20) -> tuple[Census, int]:
    """The census of a file, and its different addresses."""
    with closing(Digests()) as digests:
        census = Census(digests)
        reader = Normaliser(lambda _: None, "a.csv", watch=census.take)
        for at in range(0, len(data), block):
            reader.feed(data[at : at + block])
        reader.finish()
        return census, sum(len(digests.distinct(bucket)) for bucket in range(BUCKETS))


@given(st.lists(st.integers(0, 40), max_size=300))
def test_the_different_ones_are_counted_exactly(numbers: list[int]) -> None:
    with closing(Digests()) as digests:
        for number in numbers:
            digests.add(url_digest(f"https://example.com/{number}"))
        found = [digests.distinct(bucket) for bucket in range(BUCKETS)]
    assert sum(map(len, found)) == len(set(numbers))
    assert set().union(*found) == {url_digest(f"https://example.com/{number}") for number in numbers}


def test_what_does_not_fit_into_memory_is_counted_from_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests_module, "_BLOCK", 64)
    with closing(Digests()) as digests:
        for number in range(20_000):
            digests.add(url_digest(str(number % 7_000)))
        assert sum(len(digests.distinct(bucket)) for bucket in range(BUCKETS)) == 7_000


LINES = (
    "",
    "url,note",
    "https://example.com/1.jpg,a",
    "",
    'https://example.com/2.jpg,"two',
    'lines"',
    "ftp://example.com/3.jpg,b",
    "https://example.com/1.jpg,again",
    'https://example.com/4.jpg,"never closed',
    ",nothing",
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("blank", [0, 3, 1_200_000])
def test_faults_stand_in_the_lines_that_an_editor_shows(end: str, blank: int) -> None:
    census, distinct = count(end.join([*[""] * blank, *LINES, ""]).encode())
    assert (census.valid, census.invalid, distinct) == (3, 3, 2)
    assert [(fault.line - blank, fault.row_no) for fault in census.faults] == [(7, 3), (9, 5), (10, 6)]
    assert "http" in census.faults[0].reason
    assert "never closed" in census.faults[1].reason
    assert "no address" in census.faults[2].reason


@given(st.lists(st.sampled_from([*LINES[2:4], LINES[6]]), min_size=1, max_size=30), st.integers(1, 50))
def test_lines_are_the_same_however_the_file_is_cut(lines: Sequence[str], block: int) -> None:
    if not any(lines):
        return
    text = "\n".join(["url,note", *lines]) + "\n"
    census, _ = count(text.encode(), block)
    assert [fault.line for fault in census.faults] == [
        n for n, line in enumerate(lines, 2) if line[:3] == "ftp"
    ]


def test_rows_of_a_workbook_are_its_lines() -> None:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in (["url"], ["https://example.com/1.jpg"], [], ["none"]):
        book.active.append(row)
    book.save(target)
    census, distinct = count(target.getvalue())
    assert (census.valid, distinct) == (1, 1)
    assert census.faults == [Fault(4, 2, "The address does not begin with http:// or https://.")]


def test_the_first_100_faults_are_told_and_all_are_counted() -> None:
    census, _ = count(b"url\n" + b"https://example.com/1.jpg\n" + b"none\n" * 250)
    assert (census.valid, census.invalid, len(census.faults)) == (1, 250, 100)


def test_a_call_of_google_takes_16_images_one_of_gemini_one_and_keys_of_one_group_share_their_quota() -> None:
    assert [images_a_call(provider) for provider in ("google", "gemini")] == [16, 1]
    assert [calls_for(images, 16) for images in (0, 1, 16, 17)] == [0, 1, 1, 2]
    assert quota_per_minute([("g", "a"), ("g", "b"), ("", "c"), ("", "d")], 55, 16) == 3 * 55 * 16
    assert quota_per_minute([], 55, 16) == 0


def test_the_cost_and_the_end_can_be_reckoned_by_hand() -> None:
    assert cost(12_345, Price(4_500)) == {"amount": 55.55, "currency": "USD", "price_per_1000": 4.5}
    assert completion(NOW, 880, Outlook(1_760, 880.0)) == {
        "estimated_completion": NOW + timedelta(minutes=3),
        "estimated_minutes": 3.0,
    }
    unknown = {"estimated_completion": None, "estimated_minutes": None}
    assert completion(NOW, 1, Outlook(0, None)) == completion(NOW, 1, Outlook(0, 0.0)) == unknown
    assert completion(NOW, 10**12, Outlook(0, 1.0))["estimated_completion"] is None


def test_only_a_provider_that_takes_money_has_a_price() -> None:
    assert read(GatewaySettings, NEEDED).price == Price()
    paid = read(GatewaySettings, {**NEEDED, "VISION_API_KEYS": "a", "PRICE_PER_1000_IMAGES": "2.5"})
    assert (paid.provider_name, paid.price) == ("google", Price(2_500, features=5))
    for wrong in ({"PRICE_PER_1000_IMAGES": "-1"}, {"PROVIDER": "bing"}):
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            read(GatewaySettings, {**NEEDED, **wrong})


def test_a_dry_run_says_when_the_estimate_is_above_the_limit() -> None:
    settings = read(GatewaySettings, {**NEEDED, "VISION_API_KEYS": "a", "PRICE_PER_1000_IMAGES": "1"})
    summary: Any = SimpleNamespace(
        total_rows=9, columns=(), url_column="url", encoding="utf-8", delimiter=","
    )
    census: Any = SimpleNamespace(valid=9, invalid=0, faults=[])
    told = [
        report(settings, summary, census, Images(9, 1), Outlook(0, None), limit)["above_max_cost"]
        for limit in (None, 8_000, 7_999)
    ]
    assert told == [False, False, True]
