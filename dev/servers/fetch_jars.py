"""Fetch Kafka's jars. A process of its own: it can be ended at any time and takes its memory with it.

Prints `done/total` lines, and why it failed on standard error.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import requests
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from dev.servers.jars import BROKER, FOLDER, Progress, file_name, locked, wrong

MVN_SECONDS = 120
POM = """<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>kafka</artifactId>
<version>1</version><packaging>pom</packaging><dependencies><dependency><groupId>{}</groupId>
<artifactId>{}</artifactId><version>{}</version></dependency></dependencies></project>"""


def fetch(progress: Progress) -> None:
    """Put the locked jars into FOLDER: by Maven where it is installed (it knows the user's mirrors and
    proxies), else, or where that fails, by jgo. Raises RuntimeError where neither brings them all."""
    lock = locked()
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with FOLDER.with_name("fetching").open("a") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # another system's first start may be at it
        if not wrong(FOLDER, lock):
            return
        fresh = FOLDER.with_name(f"{FOLDER.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        _fill(fresh, lock, progress)
        shutil.rmtree(FOLDER, ignore_errors=True)
        fresh.rename(FOLDER)


def _fill(folder: Path, lock: Mapping[str, str], progress: Progress) -> None:
    progress(0, len(lock))
    if shutil.which("mvn"):
        _by_maven(folder, lock)
    _by_jgo(folder, wrong(folder, lock), len(lock), progress)
    if missing := wrong(folder, lock):
        raise RuntimeError(f"not the jars of kafka.lock: {', '.join(missing)}")


def _by_maven(folder: Path, lock: Mapping[str, str]) -> None:
    """Copy what it brings and the lock names; the rest is missing afterwards, and jgo tries that."""
    with tempfile.TemporaryDirectory() as work:
        pom, jars = Path(work) / "pom.xml", Path(work) / "jars"
        pom.write_text(POM.format(*BROKER.split(":")))
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
        with suppress(subprocess.TimeoutExpired):
            command = ["mvn", "-q", "-B", "-f", str(pom), *goal]
            subprocess.run(command, check=False, capture_output=True, timeout=MVN_SECONDS)
        for coordinate in set(lock) - set(wrong(jars, lock)):
            shutil.copyfile(jars / file_name(coordinate), folder / file_name(coordinate))


def _by_jgo(folder: Path, coordinates: list[str], total: int, progress: Progress) -> None:
    context = MavenContext(remote_repos={"central": MAVEN_CENTRAL_URL})
    progress(total - len(coordinates), total)
    for number, coordinate in enumerate(coordinates, total - len(coordinates) + 1):
        group, artifact, version = coordinate.split(":")
        jar = context.project(group, artifact).at_version(version).artifact().resolve()
        shutil.copyfile(jar, folder / file_name(coordinate))
        progress(number, total)


def main() -> None:
    try:
        fetch(lambda done, total: print(f"{done}/{total}", flush=True))
    except requests.ConnectionError:  # its own text is three lines of nested class names
        sys.exit("the Maven repository can't be reached")
    except (requests.RequestException, RuntimeError, OSError) as error:
        sys.exit(str(error).splitlines()[0])


if __name__ == "__main__":
    main()
