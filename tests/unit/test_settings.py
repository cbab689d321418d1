"""Settings are read once, typed; what is unusable is said in the words of the environment."""

from pathlib import Path

import pytest

from services.analyzer.settings import AnalyzerSettings
from services.gateway.settings import GatewaySettings
from shared.settings import CommonSettings, SettingsError, read

SERVERS = {
    "DATABASE_URL": "postgresql://user:pgpass@db/x",
    "REDIS_URL": "redis://:redispass@r/0",
    "KAFKA_BOOTSTRAP_SERVERS": "k:9092",
}


def analyzer(**env: str) -> AnalyzerSettings:
    return read(AnalyzerSettings, {**SERVERS, **env})


def test_numbers_are_numbers_and_empty_is_unset() -> None:
    settings = analyzer(OPS_PORT="81", INSTANCE="", REQUESTS_PER_MINUTE="60", QUOTA_WINDOW_SECONDS="1.5")
    assert (settings.ops_port, settings.instance) == (81, "service-1")
    assert (settings.requests_per_minute, settings.quota_window_seconds) == (60, 1.5)


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"OPS_PORT": "eighty"}, "OPS_PORT"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is json or text"),
        ({"REDIS_URL": ""}, "Setting REDIS_URL is not set"),
        ({"PROVIDER": "gogle"}, "PROVIDER is google, gemini, local"),
        ({"PROVIDER": "google"}, "VISION_API_KEYS"),
        ({"PROVIDER": "gemini", "VISION_API_KEYS": "of-vision"}, "GEMINI_API_KEYS"),
        ({"GEMINI_MODEL": "models/../x"}, "GEMINI_MODEL is a name like"),
        ({"REQUESTS_PER_MINUTE": "0"}, "REQUESTS_PER_MINUTE is a whole number from 1"),
        ({"VISION_API_KEYS_FILE": "/nowhere/keys"}, "VISION_API_KEYS_FILE can't be read"),
        ({"FETCH_ALLOW_NETS": "not a net"}, "not a net"),
    ],
)
def test_what_is_unusable_is_named(env: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        analyzer(**env)


def test_an_error_never_quotes_a_key() -> None:
    with pytest.raises(SettingsError) as refused:
        analyzer(VISION_API_KEYS="top-secret", OPS_PORT="x")
    assert "top-secret" not in str(refused.value)


def test_the_provider_follows_the_keys() -> None:
    assert analyzer().provider_name == "local"
    assert analyzer(VISION_API_KEYS="k").provider_name == "google"
    assert analyzer(VISION_API_KEYS="k", PROVIDER="local").provider_name == "local"
    assert analyzer(GEMINI_API_KEYS="g").provider_name == "local", "Gemini is asked only when it is named"
    gemini = analyzer(GEMINI_API_KEYS="a:g,h", VISION_API_KEYS="k", PROVIDER="gemini")
    assert (gemini.provider_name, [key.secret for key in gemini.keys]) == ("gemini", ["g", "h"])


def test_another_model_s_answers_are_not_reused_and_google_s_do_not_mind() -> None:
    gemini = {"PROVIDER": "gemini", "GEMINI_API_KEYS": "g"}
    assert analyzer(**gemini).cache_space != analyzer(**gemini, GEMINI_MODEL="gemini-9-flash").cache_space
    assert analyzer().cache_space == analyzer(GEMINI_MODEL="gemini-9-flash").cache_space
    told = read(GatewaySettings, {**SERVERS, **gemini})
    assert told.cache_space == analyzer(**gemini).cache_space, "dry runs look where analyzers write"
    assert told.named_keys == [("", "g")]


def test_every_secret_is_known_to_the_logs(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("g:in-a-file\n")
    keys = {"VISION_API_KEYS": "one,\ng:two", "VISION_API_KEYS_FILE": str(file), "GEMINI_API_KEYS": "g:three"}
    assert set(analyzer(**keys).secrets) == {"pgpass", "redispass", "one", "two", "in-a-file", "three"}
    assert set(read(GatewaySettings, {**SERVERS, **keys}).secrets) >= {"one", "two", "three"}


def test_urls_without_a_password_hold_no_secret() -> None:
    env = {"DATABASE_URL": "postgresql:///x", "REDIS_URL": "redis://r", "KAFKA_BOOTSTRAP_SERVERS": "k"}
    assert read(CommonSettings, env).secrets == []


def test_what_is_secret_may_come_from_a_file(tmp_path: Path) -> None:
    kept = tmp_path / "database_url"
    kept.write_text("postgresql://user:from-file@db/x\n")
    servers = {**SERVERS, "DATABASE_URL": "", "DATABASE_URL_FILE": str(kept)}
    settings = read(CommonSettings, servers)
    assert settings.database_url == "postgresql://user:from-file@db/x"
    assert settings.secrets == ["from-file", "redispass"]
    assert read(CommonSettings, {**servers, "DATABASE_URL": "postgresql:///own"}).database_url.endswith("own")


@pytest.mark.parametrize("content", [None, b"postgresql://user:top-secret\xff@db/x"])
def test_a_file_that_can_not_be_read_is_named_without_what_is_in_it(
    content: bytes | None, tmp_path: Path
) -> None:
    kept = tmp_path / "database_url"
    if content is not None:
        kept.write_bytes(content)
    with pytest.raises(SettingsError, match="DATABASE_URL_FILE can't be read") as refused:
        read(CommonSettings, {**SERVERS, "DATABASE_URL": "", "DATABASE_URL_FILE": str(kept)})
    assert "top-secret" not in str(refused.value)
