"""`python -m services.gateway keys`: make, list and revoke API keys. The first one comes this way.

    keys create --role admin [--name NAME]
    keys list
    keys revoke KEY_ID
It reads DATABASE_URL and AUTH_SECRET like the gateway. A new key is printed once.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.gateway import actor, keys
from services.gateway.access import Role
from services.gateway.actor import Actor
from services.gateway.errors import ApiError
from services.gateway.keys import KeyInfo
from services.gateway.settings import KeysSettings
from shared.postgres import UNAVAILABLE, Connection
from shared.settings import SettingsError, read

_SECONDS = 10


def main(argv: Sequence[str]) -> int:
    """The exit status: 0, or 1 with a sentence on standard error; 2 for arguments that are none."""
    arguments = _parser().parse_args(argv)
    try:
        settings = read(KeysSettings)
        print(asyncio.run(_run(settings, arguments)))
    except (SettingsError, ApiError) as error:
        print(error, file=sys.stderr)
        return 1
    except UNAVAILABLE as error:
        print(
            f"The database that DATABASE_URL names does not answer: {type(error).__name__}", file=sys.stderr
        )
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keys", description="API keys of the gateway (AUTH=keys).")
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make a key; it is shown once")
    create.add_argument("--role", required=True, choices=[role for role in Role if role is not Role.ANYONE])
    create.add_argument("--name", default="made by command", help="who or what the key is for")
    actions.add_parser("list", help="every key, without what opens the door")
    revoke = actions.add_parser("revoke", help="a key stops working within 2 s")
    revoke.add_argument("key_id", type=UUID)
    return parser


async def _run(settings: KeysSettings, arguments: argparse.Namespace) -> str:
    actor.becomes(Actor("command", Role.ADMIN, address=_user()))
    connection = await asyncpg.connect(settings.database_url, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        return await _do(connection, settings, arguments)
    finally:
        await connection.close()


async def _do(connection: Connection, settings: KeysSettings, arguments: argparse.Namespace) -> str:
    match arguments.action:
        case "create":
            name, role = keys.name_of(arguments.name), Role(arguments.role)
            made = await keys.create(connection, settings.auth_secret, name, role)
            return f"{made.key}\n{made.info.key_id}  {role}  {name}: keep the key, it is not shown again."
        case "revoke":
            return _line(await keys.revoke(connection, arguments.key_id))
    return "\n".join(_line(info) for info in await keys.list_all(connection)) or "There is no key yet."


def _line(info: KeyInfo) -> str:
    used = f"last used {info.last_used_at:%Y-%m-%d %H:%M}" if info.last_used_at else "never used"
    end = f", revoked {info.revoked_at:%Y-%m-%d %H:%M}" if info.revoked_at else ""
    return f"{info.key_id}  {info.role:8}  {info.name}  (made {info.created_at:%Y-%m-%d %H:%M}, {used}{end})"


def _user() -> str:
    """Who ran the command, as the machine knows them."""
    return f"command by user {os.getuid()}"
