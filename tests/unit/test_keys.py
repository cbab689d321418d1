"""Keys by group; a bad one costs one call; none is ever shown."""

import asyncio
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.analyzer import keys as keys_module
from services.analyzer.keys import ApiKey, KeyRing, load, parse, reread
from services.gateway.settings import GatewaySettings
from shared import logs
from shared.logs import Redactor


def gateway_keys(inline: str, file: Path) -> set[str]:
    """The secrets that the gateway counts."""
    settings = GatewaySettings(
        database_url="x",
        redis_url="x",
        kafka_bootstrap_servers="x",
        vision_api_keys=inline,
        vision_api_keys_file=str(file),
    )
    return {secret for _, secret in settings.keys}


def test_a_key_without_a_group_is_its_own() -> None:
    alone, grouped = parse("secret-1, shop:secret-2")
    assert alone == ApiKey(alone.fingerprint, "secret-1")
    assert grouped == ApiKey("shop", "secret-2")


def test_keys_come_by_commas_and_lines_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("g:three\n\ng:four\n")
    assert [key.secret for key in load("one,two", str(file))] == ["one", "two", "three", "four"]


def test_the_analyzer_and_the_health_page_read_a_file_alike(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes("\ufeffg:three\r\n# old: four\r\n\r\n  #five\r\n six , g: three\r\n".encode())
    keys = load("one,#two", str(file))
    assert [key.secret for key in keys] == ["one", "#two", "three", "six", "three"]
    assert keys[2] == keys[4] == ApiKey("g", "three")
    assert gateway_keys("one,#two", file) == {"one", "#two", "three", "six"}


@pytest.mark.parametrize("content", [b"secret-1\n\xff\xfe", None], ids=["no UTF-8", "no file"])
def test_a_file_that_cannot_be_read_is_said_so_and_not_shown(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match="VISION_API_KEYS_FILE can't be read") as failed:
        load("", str(file))
    assert "secret" not in repr(failed.value)
    assert gateway_keys("one", file) == set()


def test_a_key_is_never_shown() -> None:
    key = ApiKey("g", "secret-1")
    assert "secret" not in repr(key) + str(key) + f"{key}" + repr([key]) + key.fingerprint
    assert len(key.fingerprint) == 12
    assert key.fingerprint == ApiKey("other", "secret-1").fingerprint


def test_a_key_that_never_answered_is_in_one_call_at_a_time() -> None:
    ring = KeyRing(parse("a:one,b:two"), 55)
    assert ring.open_groups() == [("a", 55), ("b", 55)]
    first = ring.take("a")
    assert first is not None
    assert ring.open_groups() == [("b", 55)]
    assert ring.take("a") is None
    ring.answered(first)
    assert ring.take("a") == ring.take("a") == first


def test_a_silent_call_leaves_the_key_on_trial() -> None:
    ring = KeyRing(parse("a:one"), 55)
    key = ring.take("a")
    assert key is not None
    ring.silent(key)
    assert ring.take("a") == key
    assert ring.take("a") is None


def test_a_bad_key_leaves_its_group_to_the_others() -> None:
    ring = KeyRing(parse("a:bad,a:good"), 55)
    bad, good = ring.take("a"), ring.take("a")
    assert bad is not None
    assert good is not None
    ring.quarantine(bad)
    ring.answered(good)
    assert [ring.take("a") for _ in range(3)] == [good] * 3
    labels = {"key": bad.fingerprint, "state": "quarantined"}
    assert REGISTRY.get_sample_value("ia_key_state", labels) == 1


def test_a_group_of_bad_keys_is_closed() -> None:
    ring = KeyRing(parse("a:bad"), 55)
    bad = ring.take("a")
    assert bad is not None
    ring.quarantine(bad)
    assert ring.open_groups() == []


def test_a_groups_keys_take_turns() -> None:
    ring = KeyRing(parse("a:one,a:two"), 55)
    for _ in range(2):
        key = ring.take("a")
        assert key is not None
        ring.answered(key)
    assert {key.secret for key in (ring.take("a"), ring.take("a")) if key} == {"one", "two"}


def test_changed_keys_are_taken_up_and_what_is_known_stays() -> None:
    ring = KeyRing(parse("a:one,b:bad"), 55)
    bad = ring.take("b")
    assert bad is not None
    ring.quarantine(bad)
    ring.change(parse("b:bad,c:new"))
    assert ring.open_groups() == [("c", 55)]
    assert ring.take("a") is None, "its group is gone"


def test_a_file_that_is_being_written_changes_nothing() -> None:
    ring = KeyRing(parse("a:one"), 55)
    ring.change([])
    assert ring.open_groups() == [("a", 55)]


async def test_the_file_is_read_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keys_module, "_REREAD_SECONDS", 0.01)
    file, ring = tmp_path / "keys", KeyRing(parse("a:one"), 55)

    def read() -> list[ApiKey]:
        if not file.exists():
            raise ValueError("no file")
        return load("", str(file))

    reading = asyncio.create_task(reread(ring, read))
    await asyncio.sleep(0.03)
    assert ring.open_groups() == [("a", 55)], "a file that can't be read changes nothing"
    file.write_text("b:two\n")
    async with asyncio.timeout(5):
        while ring.open_groups() != [("b", 55)]:
            await asyncio.sleep(0.005)
    assert Redactor.redact(logs._redactor, "two") == "[hidden]"
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
