"""The sample: its CSV has what a first run should show, its pictures are the same every time."""

import csv
import hashlib
import json
from pathlib import Path

import phonenumbers
import pytest
from PIL import Image, UnidentifiedImageError

from dev import sample
from dev.sample_scenes import SCENES
from dev.sample_signs import SIGNS

BASE = "http://127.0.0.1:5001"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few and small pictures: all of them take seconds to draw."""
    monkeypatch.setattr(sample, "SIGNS", [sign for sign in SIGNS if sign.size == (640, 480)][:3])
    monkeypatch.setattr(sample, "SCENES", SCENES[:1])


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_enough_shops_other_pictures_and_phone_numbers() -> None:
    truths = [picture.truth for picture in sample.pictures()]
    shops = [truth for truth in truths if truth["is_store"]]
    assert len(shops) >= 34
    assert len(truths) - len(shops) >= 5
    assert len({truth["name"] for truth in shops}) == len(shops)
    assert sum(bool(truth["phone"]) for truth in shops) > 0.8 * len(shops)
    assert sum(bool(truth["mail"]) for truth in shops) >= 3
    assert len({sign.style for sign in SIGNS}) >= 6
    assert len({sign.face for sign in SIGNS}) >= 6


def test_every_phone_number_is_one() -> None:
    for phone in (sign.phone for sign in SIGNS if sign.phone):
        assert phonenumbers.is_valid_number(phonenumbers.parse(phone, "US")), phone


@pytest.mark.usefixtures("small")
def test_the_folder_holds_pictures_truths_broken_files_and_the_csv(tmp_path: Path) -> None:
    path = sample.make(tmp_path, BASE)
    for picture in sample.pictures():
        Image.open(tmp_path / picture.file).load()
        assert json.loads((tmp_path / picture.file).with_suffix(".json").read_text()) == picture.truth
    for file in sample.broken():
        with pytest.raises((UnidentifiedImageError, OSError)):
            Image.open(tmp_path / file).load()
    assert path == tmp_path / "sample.csv"


@pytest.mark.usefixtures("small")
def test_the_same_bytes_every_time_and_nothing_drawn_twice(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    sample.make(first, BASE)
    sample.make(second, BASE)
    assert hashes(first) == hashes(second)
    times = {path.name: path.stat().st_mtime_ns for path in first.glob("*.json")}
    sample.make(first, "http://127.0.0.1:6001")
    assert {path.name: path.stat().st_mtime_ns for path in first.glob("*.json")} == times
    assert "127.0.0.1:6001" in (first / "sample.csv").read_text()
    next(first.glob("sign-*.jpg")).unlink()
    sample.make(first, BASE)
    assert hashes(first) == hashes(second)


def test_the_csv_has_a_duplicate_a_missing_picture_and_a_url_that_is_none() -> None:
    rows = sample.csv_rows(BASE)
    urls = [url for url, _ in rows]
    assert len(rows) >= 40
    assert len(urls) - len(set(urls)) == 1
    assert {url for url in urls if not url.startswith(f"{BASE}/sample/")} == {"not a link, ask the branch"}
    drawn = {picture.file for picture in sample.pictures()} | set(sample.broken())
    missing = [url for url in urls if url.startswith(BASE) and url.rpartition("/")[2] not in drawn]
    assert len(missing) == 1


@pytest.mark.usefixtures("small")
def test_the_csv_reads_back(tmp_path: Path) -> None:
    with sample.make(tmp_path, BASE + "/").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["url", "branch"]
    assert [tuple(row) for row in rows] == sample.csv_rows(BASE)


def test_no_name_of_the_sample_is_known_to_the_services() -> None:
    sources = [path.read_text() for path in (Path(__file__).parents[2] / "services").rglob("*.py")]
    for name in (sign.whole_name for sign in SIGNS):
        assert not any(name in source for source in sources), name
