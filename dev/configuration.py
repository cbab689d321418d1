"""`make docs`: docs/configuration.md, from .env.example and the services' settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from services.analyzer.settings import AnalyzerSettings
from services.exporter.settings import ExporterSettings
from services.gateway.settings import GatewaySettings
from services.ingest.settings import IngestSettings
from services.migrate import MigrateSettings
from services.monitor.settings import MonitorSettings

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "configuration.md"
READERS: dict[str, type[msgspec.Struct]] = {
    "gateway": GatewaySettings,
    "ingest": IngestSettings,
    "analyzer": AnalyzerSettings,
    "exporter": ExporterSettings,
    "monitor": MonitorSettings,
    "migrate": MigrateSettings,
}
SECTION = re.compile(r"# --- (.+?) -+")
TABLE = ("| setting | default | read by | what it does |", "|---|---|---|---|")
HEAD = """\
# Configuration

Written by `make docs` from `.env.example` and the services' settings; a test holds it true.

Settings are environment variables, read once at the start; an empty one counts as unset. Each NAME may also
be given as a file: `NAME_FILE=/run/secrets/name`. Containers get what is secret in this way. A process that
can't use a setting ends at once and names it.

`make run` passes on what is set and decides the rest. In containers the image sets `HOST`, `OPS_HOST`,
`OPS_PORT`, `AUTH=keys` and `DATA_DIR` (Dockerfile); compose takes the others from `.env`, a cluster from
`k8s/base/settings.env` and its overlay. There `DATABASE_POOL_SIZE` and `REDIS_MAX_CONNECTIONS` are each
process' own share.
"""


class Setting(NamedTuple):
    """`text` is the comment above it, which may serve several."""

    section: str
    name: str
    default: str
    text: str


def settings(example: str) -> Iterator[Setting]:
    """Those of .env.example, in its order."""
    section, fresh = "", True
    comment: list[str] = []
    for line in example.splitlines():
        if heading := SECTION.fullmatch(line):
            section, comment, fresh = heading[1], [], True
        elif line.startswith("# "):
            comment, fresh = ([line[2:]] if fresh else [*comment, line[2:]]), False
        elif "=" in line:
            name, _, default = line.partition("=")
            fresh = True
            yield Setting(section, name, default, " ".join(comment))
        else:
            comment, fresh = [], True


def readers(name: str) -> str:
    """Which services read it; what none of them reads is the supervisor's of `make run`."""
    found = [service for service, kind in READERS.items() if name.lower() in kind.__struct_fields__]
    if len(found) == len(READERS):
        return "all"
    return ", ".join(found) or "`make run`"


def page(example: str) -> str:
    lines, last = [HEAD], ""
    for setting in settings(example):
        if setting.section != last:
            lines += [
                "",
                f"## {setting.section}",
                "| setting | default | read by | what it does |",
                "|---|---|---|---|",
            ]
            last = setting.section
        default = f"`{setting.default}`" if setting.default else ""
        text = setting.text.replace("|", "\\|")
        lines.append(f"| `{setting.name}` | {default} | {readers(setting.name)} | {text} |")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(page((ROOT / ".env.example").read_text()))
