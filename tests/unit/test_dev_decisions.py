"""What the supervisor decides, without a process."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev import backoff
from dev.checks import check_machine, check_port
from dev.explain import FULL, NO_MEMORY, OTHER_VERSION, TAKEN, explain
from dev.folders import make_folders
from dev.keeper import ending
from dev.logfiles import cut
from dev.problems import StartProblem
from dev.program import User
from dev.servers import jars, kafka, postgres, postgres_home
from dev.settings import read


@given(st.integers(1, 10_000))
def test_backoff_grows_and_is_bounded(deaths: int) -> None:
    assert (
        backoff.FIRST_SECONDS <= backoff.delay(deaths) <= backoff.delay(deaths + 1) <= backoff.LONGEST_SECONDS
    )


def test_a_long_life_forgives_the_deaths_before() -> None:
    assert backoff.deaths_in_row(7, lived_seconds=backoff.WELL_AFTER_SECONDS) == 1
    assert backoff.deaths_in_row(7, lived_seconds=1.0) == 8


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("FATAL: could not write lock file: No space left on device", FULL),
        ("There is insufficient memory for the Java Runtime Environment to continue.", NO_MEMORY),
        (
            "# Could not create server TCP listening socket *:6379: bind: Address already in use",
            TAKEN,
        ),
        ("FATAL:  database files are incompatible with server", OTHER_VERSION),
    ],
)
def test_known_last_words_become_advice(said: str, meaning: str) -> None:
    assert explain(f"starting\n{said}\nbye", Path("/d")) == meaning.format(data="/d")


def test_unknown_last_words_are_quoted_without_the_stack() -> None:
    said = "Traceback:\nValueError: PORT is odd\nat somewhere\n\n"
    assert explain(said, Path("/d")) == "Its last words: ValueError: PORT is odd"
    assert explain("", Path("/d")) == "It said nothing."


def test_an_ending_is_named() -> None:
    assert ending(3) == "ended with status 3"
    assert ending(-9) == "was ended by SIGKILL"


@pytest.mark.parametrize("text", ["0", "65536", "-1", "five", "5_001", "\u0665"])
def test_a_port_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(StartProblem, match="PORT is"):
        read({"PORT": text})


def test_empty_settings_are_the_defaults() -> None:
    settings = read({"PORT": "", "DATABASE_URL": "", "SAMPLE": ""})
    assert (settings.port, settings.database_url, settings.sample, settings.analyzers) == (
        5001,
        None,
        True,
        1,
    )


def test_full_disks_and_memory_are_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, settings = make_folders(tmp_path), read({})
    check_machine(folders, settings)
    with pytest.raises(StartProblem, match="not enough memory"):
        check_machine(folders, settings, services=10**6)
    monkeypatch.setattr("dev.checks.LEAST_DISK_MB", 10**12)
    with pytest.raises(StartProblem, match="is full"):
        check_machine(folders, settings)


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartProblem, match="DATA_DIR="):
        make_folders(tmp_path / "file" / "data")


def test_a_host_that_is_none_of_ours_is_no_free_port() -> None:
    with pytest.raises(StartProblem, match="Choose another one"):
        check_port(read({"HOST": "192.0.2.1"}))


def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartProblem, match="made by Postgres 17"):
        postgres.check_version(tmp_path)
    with pytest.raises(StartProblem, match=r"made by Kafka 99\.0\.0"):
        kafka.check_version("99.0.0", tmp_path)
    with pytest.raises(StartProblem, match="made by Kafka"):
        kafka.check_version("garbage", tmp_path)
    kafka.check_version("4.0.1", tmp_path)


def test_every_jar_is_locked_by_its_digest(tmp_path: Path) -> None:
    lock = jars.locked()
    assert len(lock) == 46
    assert jars.BROKER in lock
    assert all(len(digest) == 64 for digest in lock.values())
    assert jars.wrong(tmp_path, lock) == list(lock)


def test_a_socket_path_is_never_too_long(tmp_path: Path) -> None:
    assert postgres_home.socket_folder(Path("/d")) == Path("/d/socket")
    long = Path("/" + "d" * 200)
    found = postgres_home.socket_folder(long)
    assert len(str(found)) <= postgres_home.LONGEST_SOCKET_FOLDER
    assert found == postgres_home.socket_folder(long)


def test_the_folder_of_a_stranger_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(StartProblem, match="is no folder"):
        postgres_home.make_private(tmp_path / "link", None)
    postgres_home.make_private(tmp_path / "own", None)
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700


def test_a_log_that_grew_too_large_is_moved_once(tmp_path: Path) -> None:
    log = tmp_path / "redis-1.log"
    log.write_text("x" * 11)
    cut(log, largest=11)
    assert log.stat().st_size == 11
    cut(log, largest=10)
    assert log.stat().st_size == 0
    assert (tmp_path / "redis-1.log.1").read_text() == "x" * 11


def test_root_gives_postgres_a_home_that_its_user_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_home, "RELOCATED", tmp_path / "lib")
    user = User(os.geteuid(), os.getegid())
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = postgres_home.home(closed / "postgres", user)
    assert home.parent == tmp_path / "lib"
    assert (closed / "postgres").resolve() == home.resolve()
    assert postgres_home.home(closed / "postgres", user) == home.resolve()
    assert postgres_home.home(closed / "other", None) == closed / "other"


def test_binaries_out_of_reach_are_copied_with_their_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_home, "RELOCATED", tmp_path)
    monkeypatch.setattr(postgres_home, "reachable", lambda path: False)
    folder = postgres_home.binaries(User(os.geteuid(), os.getegid()))
    assert folder.is_relative_to(tmp_path)
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, timeout=20, check=True)
    assert told.stdout.startswith(b"postgres (PostgreSQL) 18")
