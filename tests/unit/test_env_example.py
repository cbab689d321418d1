""".env.example names every setting there is, says what each means, and nothing else."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

import dev.settings
from dev import configuration
from services.analyzer.settings import AnalyzerSettings
from services.exporter.settings import ExporterSettings
from services.gateway.settings import GatewaySettings
from services.ingest.settings import IngestSettings
from services.migrate import MigrateSettings
from services.monitor.settings import MonitorSettings
from shared.settings import CommonSettings, read

ROOT = Path(__file__).parents[2]
KINDS = (
    AnalyzerSettings,
    ExporterSettings,
    GatewaySettings,
    IngestSettings,
    MigrateSettings,
    MonitorSettings,
)
# Read by the supervisor (dev/settings.py), not by a service.
SUPERVISOR = {"SAMPLE", "ANALYZERS"}
# Names that people and tools outside this repository use.
FIXED = {
    "PORT", "HOST", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS", "BLOB_URL", "SAMPLE",
    "ANALYZERS", "PROVIDER", "VISION_API_KEYS", "VISION_API_KEYS_FILE", "VISION_ENDPOINT", "GEMINI_API_KEYS",
    "GEMINI_MODEL", "REQUESTS_PER_MINUTE", "FETCH_ALLOW_NETS", "CHUNK_SIZE", "MAX_CONCURRENT_WORKERS",
    "MAX_CONCURRENT_BATCHES", "MAX_CONCURRENT_REQUESTS", "DATABASE_POOL_SIZE", "REDIS_MAX_CONNECTIONS",
    "DEFAULT_REGION", "TOPIC_PREFIX", "API_REQUESTS_PER_HOUR", "MAX_UPLOAD_MB", "MAX_EXPORT_ROWS", "AUTH",
    "CACHE_TTL_HOURS",
}  # fmt: skip
# Budgets of the whole system: a process' own default is its share.
DIVIDED = {"DATABASE_POOL_SIZE", "REDIS_MAX_CONNECTIONS"}
SERVERS = {"DATABASE_URL": "postgresql:///x", "REDIS_URL": "redis://r", "KAFKA_BOOTSTRAP_SERVERS": "k"}


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    assert len({name for name, _ in pairs}) == len(pairs), "a name stands there twice"
    return dict(pairs)


def fields() -> dict[str, object]:
    """Every setting of every service by its name, with its default (None: there is none)."""
    found: dict[str, object] = {}
    for kind in KINDS:
        for field in msgspec.structs.fields(kind):
            found[field.name.upper()] = None if field.required else field.default
    return found


def test_every_setting_is_named_and_nothing_else() -> None:
    assert set(example()) == set(fields()) | SUPERVISOR


def test_the_fixed_names_are_there() -> None:
    assert set(example()) >= FIXED


@pytest.mark.parametrize("name", sorted(set(fields()) - DIVIDED))
def test_the_default_is_the_true_one(name: str) -> None:
    default, shown = fields()[name], example()[name]
    assert shown == ("" if default is None else str(default))


def test_every_setting_has_its_comment() -> None:
    """A comment may serve a few lines that follow it."""
    for block in (ROOT / ".env.example").read_text().split("\n\n"):
        lines = block.splitlines()
        names = [line for line in lines if not line.startswith("#")]
        assert not names or lines[0].startswith("#"), f"{names[0]} has no comment"
    text = (ROOT / ".env.example").read_text()
    assert text.count("\n#") > len(example()) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_service_can_live_by_it(kind: type[CommonSettings]) -> None:
    blobs: Mapping[str, str] = {"BLOB_URL": "file:///tmp/blobs"}
    assert read(kind, {**example(), **SERVERS, **blobs}).instance == "service-1"


def test_the_supervisor_can_live_by_it() -> None:
    wanted = dev.settings.read(example())
    assert (wanted.port, wanted.analyzers, wanted.sample, wanted.database_url) == (5001, 1, True, None)
    assert (wanted.database_pool_size, wanted.redis_max_connections) == (200, 1000)


def test_the_configuration_reference_is_true() -> None:
    """`make docs` writes it anew."""
    assert configuration.PAGE.read_text() == configuration.page((ROOT / ".env.example").read_text())
    assert set(configuration.READERS.values()) == set(KINDS)
