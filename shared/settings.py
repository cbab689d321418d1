"""Settings are environment variables, read once into one typed object a service."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec


class SettingsError(Exception):
    """A setting is missing or unusable; the text says which and what to give."""


class CommonSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every service needs. The budgets are this process's share (the supervisor divides)."""

    database_url: str
    redis_url: str
    kafka_bootstrap_servers: str
    instance: str = "service-1"
    ops_host: str = "127.0.0.1"
    ops_port: int = 0
    topic_prefix: str = ""
    database_pool_size: int = 10
    redis_max_connections: int = 50
    log_format: str = "json"
    log_level: str = "info"

    def __post_init__(self) -> None:
        if self.log_format not in ("json", "text"):
            raise ValueError("LOG_FORMAT is json or text")

    @property
    def secrets(self) -> list[str]:
        """Values that no log line may show."""
        urls = (self.database_url, self.redis_url)
        return [password for url in urls if (password := urlsplit(url).password)]


S = TypeVar("S", bound=msgspec.Struct)


def read(kind: type[S], env: Mapping[str, str] = os.environ) -> S:
    """The settings of one program. Empty variables count as unset. Raises SettingsError."""
    names = kind.__struct_fields__
    given = {name: value for name in names if (value := _given(name.upper(), env, f"{name}_file" in names))}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_sentence(str(error))) from error


def _given(name: str, env: Mapping[str, str], file_is_a_setting: bool) -> str:
    """NAME, or what is in the file that NAME_FILE names: so containers are given what is secret."""
    path = env.get(f"{name}_FILE")
    if env.get(name) or not path or file_is_a_setting:
        return env.get(name, "")
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE can't be read: {type(error).__name__}") from None


def _sentence(error: str) -> str:
    """msgspec's error in the words of the environment: its paths are lower-case field names."""
    if missing := error.partition("missing required field `")[2].partition("`")[0]:
        return f"Setting {missing.upper()} is not set"
    name = error.partition("`$.")[2].partition("`")[0]
    return f"Setting {name.upper()}: {error.partition(' - at')[0]}" if name else error
