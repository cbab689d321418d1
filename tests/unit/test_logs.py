"""No secret reaches a log line, by whatever way it comes (G8)."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from shared import logs
from shared.logs import Redactor, Sparse

SECRET = "s3cr3t-key"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process writes to standard error, as JSON lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("analyzer", "analyzer-1", "json", "info", [SECRET, ""])
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_secret_is_hidden_wherever_it_stands(lines: io.StringIO) -> None:
    log = structlog.get_logger()
    log.warning(
        f"said {SECRET}", url=f"redis://:{SECRET}@host", deep={"a": [SECRET]}, error=ValueError(SECRET)
    )
    logging.getLogger("library").warning("with %s", SECRET)
    try:
        raise RuntimeError(f"call with {SECRET} failed")
    except RuntimeError:
        log.exception("crashed")
    assert SECRET not in lines.getvalue()
    assert lines.getvalue().count("[hidden]") >= 6


def test_a_line_is_json_with_the_process_and_the_work_it_belongs_to(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(batch="b", slice="s"):
        structlog.get_logger().info("done", rows=64)
    line = json.loads(lines.getvalue())
    assert {
        "service": "analyzer",
        "instance": "analyzer-1",
        "batch": "b",
        "slice": "s",
    }.items() <= line.items()
    assert (line["event"], line["rows"], line["level"]) == ("done", 64, "info")
    assert line["timestamp"].endswith("Z")


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert Redactor(["key", "key-longer"]).redact("key-longer") == "[hidden]"


def test_numbers_stay_numbers() -> None:
    assert Redactor(["1"])(None, "info", {"rows": 11, "event": "x"})["rows"] == 11


def test_a_library_says_the_same_thing_once_in_ten_seconds() -> None:
    sparse = Sparse()

    def said(name: str, text: str, at: float) -> bool:
        record = logging.LogRecord(name, logging.ERROR, "", 0, text, (), None)
        record.created = at
        return sparse.filter(record)

    assert [said("aiokafka.conn", "gone %s", at) for at in (100, 101, 109.9, 110, 119)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert said("aiokafka.conn", "another", 101)
    assert said("services.analyzer", "gone %s", 101)
    assert said("services.analyzer", "gone %s", 101)
