"""`doctor`: is the service there and well, may this client use it, do both clocks agree."""

from __future__ import annotations

import platform
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

from image_analyzer.client import Client
from image_analyzer.command.exits import Exit, exit_of
from image_analyzer.command.screen import Screen
from image_analyzer.errors import ApiError, ImageAnalyzerError
from image_analyzer.models import Health
from image_analyzer.version import __version__

# More than this and a filter by date, or a look at two logs, misleads.
_MOST_SKEW_SECONDS = 5.0


class Finding(NamedTuple):
    what: str
    well: bool
    said: str


def doctor(args: Namespace, client: Client, screen: Screen) -> Exit:
    del args
    findings = [Finding("client", True, _own())]
    status = Exit.OK
    began, sent = time.perf_counter(), datetime.now(UTC)
    try:
        health = client.health()
        seconds = time.perf_counter() - began
        findings += judge(client.url, health, seconds, sent)
        findings.append(_allowed(client))
    except ImageAnalyzerError as error:
        status = exit_of(error)
        findings.append(Finding("service", False, str(error)))
    if status is Exit.OK and not all(finding.well for finding in findings):
        status = Exit.NOT_WELL
    for finding in findings:
        screen.data(finding._asdict())
    screen.table(("what", "", ""), [(one.what, "ok" if one.well else "bad", one.said) for one in findings])
    return status


def judge(url: str, health: Health, seconds: float, sent: datetime) -> Iterator[Finding]:
    """`sent` is this machine's clock when it asked, `seconds` how long the answer took."""
    yield Finding("service", True, f"{url} answered in {seconds * 1000:.0f} ms")
    yield Finding("version", True, f"{health.version} of the API")
    for part in ("database", "redis", "kafka"):
        said = getattr(health, part)
        yield Finding(part, said != "disconnected", said)
    keys = health.config.get("api_keys_count", 0)
    yield Finding("keys", True, f"{keys} for the provider" if keys else "none: pictures are read locally")
    if health.server_time is not None:
        skew = (health.server_time - sent).total_seconds() - seconds / 2
        yield Finding("clock", abs(skew) <= max(_MOST_SKEW_SECONDS, seconds), f"{skew:+.1f} s off")


def _allowed(client: Client) -> Finding:
    """Whether this client's key, or none, may read batches."""
    try:
        next(client.batches(), None)
    except ApiError as error:
        return Finding("access", False, str(error))
    return Finding("access", True, "batches can be read")


def _own() -> str:
    return (
        f"{__version__}, Python {platform.python_version()}, httpx {version('httpx')}, rich {version('rich')}"
    )
