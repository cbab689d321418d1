"""The form fields of an upload."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.api.health import health_config
from services.gateway.errors import ValidationError
from services.gateway.fields import fingerprint, idempotency_key, refuse_tiny_chunks, wanted_of
from services.gateway.priority import WEIGHTS, Priority
from services.gateway.settings import GatewaySettings
from shared.settings import SettingsError, read

NEEDED = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "KAFKA_BOOTSTRAP_SERVERS": "x"}


def test_defaults_fill_what_is_not_given() -> None:
    wanted = wanted_of({"batch_name": "  "}, "C:\\data\\spring list.csv.gz", 2000, "US")
    assert wanted.name == "spring list"
    assert wanted.filename == "spring list.csv.gz"
    assert (wanted.auto_start, wanted.chunk_size, wanted.region) == (True, 2000, "US")
    assert (wanted.priority, wanted.dry_run, wanted.force_refresh) == (Priority.NORMAL, False, False)


@pytest.mark.parametrize("value", ["0", "2001", "-1", "1.5", "many", "٣", "1" * 5000])
def test_a_chunk_size_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="chunk_size"):
        wanted_of({"chunk_size": value}, "a.csv", 2000, "US")


@given(st.integers(1, 20_000_000), st.integers(1, 2000))
def test_a_chunk_size_that_makes_too_many_chunks_is_refused_with_one_that_fits(rows: int, size: int) -> None:
    if -(-rows // size) <= 20_000:
        refuse_tiny_chunks(rows, size)
        return
    with pytest.raises(ValidationError) as refused:
        refuse_tiny_chunks(rows, size)
    least = int(str(refused.value).rpartition(" ")[2].rstrip(".").replace(",", ""))
    refuse_tiny_chunks(rows, least)
    assert size < least <= 2000
    with pytest.raises(ValidationError):
        refuse_tiny_chunks(rows, least - 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto_start", "perhaps"),
        ("region", "USA"),
        ("region", "ÄÖ"),
        ("priority", "urgent"),
        ("dry_run", "2"),
        ("force_refresh", "maybe"),
    ],
)
def test_other_fields_that_can_not_be_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        wanted_of({name: value}, "a.csv", 2000, "US")


def test_fields_that_nobody_knows_are_named_with_those_that_are_known() -> None:
    with pytest.raises(ValidationError, match=r"'colour', ''\. Known are file, batch_name, .*dry_run"):
        wanted_of({"colour": "red", "batch_name": "x", "": ""}, "a.csv", 2000, "US")


@pytest.mark.parametrize(("name", "weight"), [("low", 1), ("Normal", 3), ("HIGH", 9)])
def test_a_priority_is_a_word_in_any_case_and_a_weight(name: str, weight: int) -> None:
    priority = wanted_of({"priority": name}, "a.csv", 2000, "US").priority
    assert (priority, WEIGHTS[priority]) == (name.lower(), weight)


@given(st.text(), st.text())
def test_any_name_becomes_one_that_can_be_stored_and_shown(name: str, filename: str) -> None:
    wanted = wanted_of({"batch_name": name}, filename, 2000, "US")
    for text in (wanted.name, wanted.filename):
        assert text
        assert len(text) <= 200
        assert text.isprintable()
        text.encode()


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_the_fingerprint_tells_fields_apart_but_not_their_order(
    first: dict[str, str], second: dict[str, str]
) -> None:
    turned = dict(reversed(first.items()))
    assert fingerprint("a", first) == fingerprint("a", turned)
    assert (fingerprint("a", first) == fingerprint("a", second)) == (first == second)
    assert fingerprint("a", first) != fingerprint("b", first)


@pytest.mark.parametrize("key", ["", "é", "a\tb", "x" * 256])
def test_an_odd_idempotency_key_is_refused(key: str) -> None:
    with pytest.raises(ValidationError):
        idempotency_key(key)


def test_keys_are_counted_once_and_without_their_group() -> None:
    def count(keys: str) -> int:
        return health_config(read(GatewaySettings, {**NEEDED, "VISION_API_KEYS": keys}))["api_keys_count"]

    assert (count(""), count("a,b, g:a ,,")) == (0, 2)


def test_without_a_login_only_this_machine_is_served() -> None:
    assert read(GatewaySettings, NEEDED).host == "127.0.0.1"
    for host in ("0.0.0.0", "example.com", "10.0.0.1"):
        with pytest.raises(SettingsError, match="HOST"):
            read(GatewaySettings, {**NEEDED, "HOST": host})
    for secret in ("", "too-short"):
        with pytest.raises(SettingsError, match="AUTH_SECRET") as refused:
            read(GatewaySettings, {**NEEDED, "AUTH": "keys", "AUTH_SECRET": secret})
        assert not secret or secret not in str(refused.value)
    keys = {"AUTH": "keys", "AUTH_SECRET": "s" * 32, "HOST": "0.0.0.0"}
    assert "s" * 32 in read(GatewaySettings, {**NEEDED, **keys}).secrets


@pytest.mark.parametrize(
    ("name", "value"), [("TRUSTED_PROXIES", "10.0.0.1/8"), ("API_REQUESTS_PER_HOUR", "-1"), ("AUTH", "on")]
)
def test_what_is_unusable_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read(GatewaySettings, {**NEEDED, name: value})


def test_no_provider_key_can_reach_a_log_line() -> None:
    settings = read(GatewaySettings, {**NEEDED, "VISION_API_KEYS": "one:secret-1, secret-2"})
    assert set(settings.secrets) == {"secret-1", "secret-2"}
