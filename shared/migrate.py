"""Numbered migrations of one schema, run under an advisory lock, each once."""

from pathlib import Path

import asyncpg

from shared.postgres import Connection

_LOCK = 7_264_981_337
_LEDGER = """
    create table if not exists public.migrations (
        schema text not null, number int not null, name text not null,
        applied_at timestamptz not null default now(), primary key (schema, number))
"""


async def migrate(database_url: str, folders: dict[str, Path]) -> list[str]:
    """Applies what is new of `folders` (schema → folder of `0001_name.sql` files), in order.

    One transaction a file; returns what was applied. Two runs at once wait for each other.
    """
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(_LEDGER)
        applied: list[str] = []
        for schema, folder in folders.items():
            for path in sorted(folder.glob("*.sql")):
                applied += await _apply(connection, schema, path)
        return applied
    finally:
        await connection.close()


async def _apply(connection: Connection, schema: str, path: Path) -> list[str]:
    number = int(path.stem.partition("_")[0])
    async with connection.transaction():
        await connection.execute(f'create schema if not exists "{schema}"')
        new = await connection.fetchval(
            "insert into public.migrations (schema, number, name) values ($1, $2, $3)"
            " on conflict do nothing returning true",
            schema,
            number,
            path.stem,
        )
        if not new:
            return []
        await connection.execute(path.read_text())
    return [f"{schema}/{path.stem}"]
