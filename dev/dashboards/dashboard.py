"""A dashboard of rows of panels, laid out from left to right, with the variables that all of them have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dev.dashboards.panel import SOURCE, Panel

# Of Grafana 12 and 13. Older ones read what they know of it.
_SCHEMA = 42
_COLUMNS = 24


class Row(NamedTuple):
    title: str
    panels: Sequence[Panel]


class Dashboard(NamedTuple):
    """`uid` is its address, and stays."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]

    def json(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["image-analyzer"],
            "schemaVersion": _SCHEMA,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "timezone": "browser",
            "graphTooltip": 1,
            "links": [_siblings(), _runbooks()],
            "templating": {"list": _variables()},
            "annotations": {"list": [_alerts()]},
            "panels": list(_laid_out(self.rows)),
        }


def _laid_out(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    number, y = 1, 0
    for row in rows:
        place = {"x": 0, "y": y, "w": _COLUMNS, "h": 1}
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": place,
        }
        number, x, y, tallest = number + 1, 0, y + 1, 0
        for panel in row.panels:
            width, height = panel.size
            if x + width > _COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            yield panel.json(number, x, y)
            number, x, tallest = number + 1, x + width, max(tallest, height)
        y += tallest


def _variables() -> list[dict[str, Any]]:
    """`runbooks` is where the browser finds docs/runbooks: among what Grafana itself serves."""
    instances = 'label_values(up{job="image-analyzer"}, instance)'
    return [
        {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"},
        {
            "name": "instance",
            "label": "Instance",
            "description": "Of the panels that show a line for each process.",
            "type": "query",
            "datasource": SOURCE,
            "definition": instances,
            "query": {"query": instances, "refId": "instances"},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".+",
            "current": {"text": ["All"], "value": ["$__all"]},
        },
        {
            "name": "runbooks",
            "type": "constant",
            "description": "The address of docs/runbooks.",
            "hide": 2,
            "query": "/public/runbooks",
            "current": {"text": "/public/runbooks", "value": "/public/runbooks"},
        },
    ]


def _alerts() -> dict[str, Any]:
    return {
        "name": "Critical alerts",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing", severity="critical"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{service}} {{group}} {{check}}",
        "step": "60s",
    }


def _siblings() -> dict[str, Any]:
    return {
        "title": "Dashboards",
        "type": "dashboards",
        "tags": ["image-analyzer"],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
    }


def _runbooks() -> dict[str, Any]:
    return {
        "title": "Runbooks",
        "type": "link",
        "icon": "doc",
        "url": "${runbooks}/README.md",
        "targetBlank": True,
    }
