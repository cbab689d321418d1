"""The start-up job: topics, and the migrations of every schema. Safe to run at any time, by many."""

import asyncio
import sys
from pathlib import Path

import msgspec

from shared.migrate import migrate
from shared.settings import CommonSettings, SettingsError, read
from shared.topics import create_topics

_SERVICES = Path(__file__).parent
FOLDERS: dict[str, Path] = {
    "lifecycle": _SERVICES.parent / "shared" / "migrations",
    **{
        name: _SERVICES / name / "migrations"
        for name in ("gateway", "ingest", "analyzer", "exporter", "monitor")
    },
}


class MigrateSettings(CommonSettings, frozen=True, kw_only=True):
    """Topics are kept on this many brokers."""

    topic_replicas: int = 1


async def prepare(settings: MigrateSettings) -> list[str]:
    applied = await migrate(settings.database_url, FOLDERS)
    await create_topics(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.topic_replicas)
    return applied


def main() -> None:
    try:
        applied = asyncio.run(prepare(read(MigrateSettings)))
    except SettingsError as error:
        sys.exit(f"migrate: {error}")
    sys.stdout.write(msgspec.json.encode({"applied": applied}).decode() + "\n")


if __name__ == "__main__":
    main()
