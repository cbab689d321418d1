"""Writes the dashboards' JSON."""

import json
from pathlib import Path

from dev.dashboards.dashboard import Dashboard
from dev.dashboards.overview import OVERVIEW
from dev.dashboards.quota import QUOTA

FOLDER = Path(__file__).parents[2] / "observability" / "grafana" / "dashboards"


def texts() -> dict[Path, str]:
    """By file."""
    return {_file(each): json.dumps(each.json(), indent=1) + "\n" for each in (OVERVIEW, QUOTA)}


def _file(dashboard: Dashboard) -> Path:
    return FOLDER / f"{dashboard.uid}.json"


def main() -> None:
    for file, text in texts().items():
        file.write_text(text)


if __name__ == "__main__":
    main()
