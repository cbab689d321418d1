"""Keys by group; those that operators left out are; none is ever shown."""

import asyncio
from pathlib import Path

import pytest

from services.analyzer import keys as keys_module
from services.analyzer.keys import ApiKey, KeyRing, reread
from services.gateway.settings import GatewaySettings
from shared import logs
from shared.logs import Redactor
from tests.api_keys import parse


def gateway_keys(inline: str, file: Path) -> set[str]:
    """The secrets that the gateway counts."""
    settings = GatewaySettings(
        database_url="x",
        redis_url="x",
        kafka_bootstrap_servers="x",
        vision_api_keys=inline,
        vision_api_keys_file=str(file),
    )
    return {secret for _, secret in settings.named_keys}


def test_a_key_without_a_group_is_its_own() -> None:
    alone, grouped = parse("secret-1, shop:secret-2")
    assert alone == ApiKey(alone.fingerprint, "secret-1")
    assert grouped == ApiKey("shop", "secret-2")


def test_keys_come_by_commas_and_lines_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("g:three\n\ng:four\n")
    assert [key.secret for key in parse("one,two", str(file))] == ["one", "two", "three", "four"]


def test_the_analyzer_and_the_health_page_read_a_file_alike(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes("\ufeffg:three\r\n# old: four\r\n\r\n  #five\r\n six , g: three\r\n".encode())
    keys = parse("one,#two", str(file))
    assert [key.secret for key in keys] == ["one", "#two", "three", "six", "three"]
    assert keys[2] == keys[4] == ApiKey("g", "three")
    assert gateway_keys("one,#two", file) == {"one", "#two", "three", "six"}


@pytest.mark.parametrize("content", [b"secret-1\n\xff\xfe", None], ids=["no UTF-8", "no file"])
def test_a_file_that_cannot_be_read_is_said_so_and_not_shown(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match="VISION_API_KEYS_FILE can't be read") as failed:
        parse("", str(file))
    assert "secret" not in repr(failed.value)
    assert gateway_keys("one", file) == set()


def test_a_key_is_never_shown() -> None:
    key = ApiKey("g", "secret-1")
    assert "secret" not in repr(key) + str(key) + f"{key}" + repr([key]) + key.fingerprint
    assert len(key.fingerprint) == 12
    assert key.fingerprint == ApiKey("other", "secret-1").fingerprint


def groups_of(text: str) -> dict[str, list[str]]:
    return KeyRing(parse(text)).groups


def test_the_groups_hold_what_may_be_used() -> None:
    ring = KeyRing(parse("a:one,a:two,b:three"))
    one, two, three = (ApiKey("", secret).fingerprint for secret in ("one", "two", "three"))
    assert ring.groups == {"a": [one, two], "b": [three]}
    ring.leave_out(frozenset({two, three}))
    assert ring.groups == {"a": [one]}
    assert ring.find(two) is None, "its permit came before it was left out"
    assert ring.find(one) == ApiKey("a", "one")
    ring.leave_out(frozenset())
    assert ring.groups == {"a": [one, two], "b": [three]}


def test_a_key_twice_is_one_key() -> None:
    assert groups_of("a:one,a:one") == groups_of("a:one")


def test_changed_keys_are_taken_up_and_those_left_out_stay_out() -> None:
    ring = KeyRing(parse("a:one,b:paused"))
    paused = ApiKey("", "paused").fingerprint
    ring.leave_out(frozenset({paused}))
    ring.change(parse("b:paused,c:new"))
    assert ring.groups == groups_of("c:new")


def test_a_file_that_is_being_written_changes_nothing() -> None:
    ring = KeyRing(parse("a:one"))
    ring.change([])
    assert ring.groups == groups_of("a:one")


async def test_the_file_is_read_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keys_module, "_REREAD_SECONDS", 0.01)
    file, ring = tmp_path / "keys", KeyRing(parse("a:one"))

    def read() -> list[ApiKey]:
        if not file.exists():
            raise ValueError("no file")
        return parse("", str(file))

    reading = asyncio.create_task(reread(ring, read))
    await asyncio.sleep(0.03)
    assert ring.groups == groups_of("a:one"), "a file that can't be read changes nothing"
    file.write_text("b:two\n")
    async with asyncio.timeout(5):
        while ring.groups != groups_of("b:two"):
            await asyncio.sleep(0.005)
    assert Redactor.redact(logs._redactor, "two") == "[hidden]"
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
