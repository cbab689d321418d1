"""`keys`: by the service's admin address, or for the first key by the server's own command."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from importlib.util import find_spec
from typing import Any

from image_analyzer.client import Client
from image_analyzer.command.exits import Exit, UsageError
from image_analyzer.command.screen import Screen
from image_analyzer.core import within

_PATH = "/admin/keys"


def keys(args: Namespace, client: Client, screen: Screen) -> Exit:
    if not client.has_key:
        return _beside_the_server(args)
    match args.action:
        case "create":
            body = {"name": args.name, "role": args.role}
            _tell_new(client.request("POST", _PATH, body), screen)
        case "revoke":
            revoked = client.request("DELETE", within(f"{_PATH}/{{}}", args.key_id))
            screen.data(revoked)
            screen.say(f"{args.key_id} stops working within seconds.")
        case _:
            _tell_all(client.request("GET", _PATH)["keys"], screen)
    return Exit.OK


def _beside_the_server(args: Namespace) -> Exit:
    """The server's program is run, not imported: it has settings and a database of its own."""
    if find_spec("services") is None:
        raise UsageError(
            "Set IMAGE_ANALYZER_KEY to an admin's key. The first key is made where the server is installed,"
            " by this same command without a key, with DATABASE_URL and AUTH_SECRET set as for the gateway."
        )
    match args.action:
        case "create":
            own = ["--role", args.role, "--name", args.name]
        case "revoke":
            own = [args.key_id]
        case _:
            own = []
    command = [sys.executable, "-m", "services.gateway", "keys", args.action, *own]
    return Exit.OK if subprocess.run(command, check=False).returncode == 0 else Exit.REFUSED


def _tell_new(made: dict[str, Any], screen: Screen) -> None:
    screen.data(made)
    screen.say(str(made["key"]))
    screen.note(f"{made['key_id']}  {made['role']}  {made['name']}: keep the key, it is not shown again.")


def _tell_all(found: list[dict[str, Any]], screen: Screen) -> None:
    for one in found:
        screen.data(one)
    columns = ("key_id", "role", "name", "created_at", "last_used_at", "revoked_at")
    screen.table(columns, [[one.get(name) for name in columns] for one in found])
