"""A panel of a dashboard: what it shows, and how Grafana wants it told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

Kind = Literal["timeseries", "stat", "state-timeline"]
SOURCE = {"type": "prometheus", "uid": "${source}"}
# Grafana's grid has 24 columns; a height of 8 is about a third of a screen.
_SIZES: Mapping[Kind, tuple[int, int]] = {"stat": (3, 4), "timeseries": (8, 8), "state-timeline": (24, 8)}
_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}


class Panel(NamedTuple):
    """`queries`: an expression by its legend, in which `{{label}}` stands for a label's value. `unit`: one of
    Grafana's. `steps`: a colour from a value on; the first is from the lowest. `line`: where the objective
    is. `runbooks`: of the alerts that look at the same. `words`: what a value is called."""

    title: str
    description: str
    unit: str
    queries: Mapping[str, str]
    kind: Kind = "timeseries"
    steps: Sequence[tuple[float | None, str]] = ((None, "green"),)
    line: float | None = None
    stacked: bool = False
    runbooks: Sequence[str] = ()
    words: Sequence[tuple[str, str]] = ()
    width: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Columns and height."""
        width, height = _SIZES[self.kind]
        return self.width or width, height

    def json(self, number: int, x: int, y: int) -> dict[str, Any]:
        width, height = self.size
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": width, "h": height},
            "targets": [_target(*query, place) for place, query in enumerate(self.queries.items())],
            "fieldConfig": {"defaults": self._field(), "overrides": []},
            "options": self._options(),
            "links": [_link(runbook) for runbook in self.runbooks],
        }

    def _field(self) -> dict[str, Any]:
        steps = self.steps if self.line is None else ((None, "transparent"), (self.line, "red"))
        return {
            "unit": self.unit,
            "min": 0,
            "color": {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"},
            "thresholds": {
                "mode": "absolute",
                "steps": [{"value": value, "color": colour} for value, colour in steps],
            },
            "mappings": [_mapping(self.words)] if self.words else [],
            "custom": self._custom(),
        }

    def _custom(self) -> dict[str, Any]:
        if self.kind != "timeseries":
            return {}
        return {
            "lineWidth": 1,
            "fillOpacity": 30 if self.stacked else 8,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "off" if self.line is None else "dashed"},
        }

    def _options(self) -> dict[str, Any]:
        match self.kind:
            case "stat":
                reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
                return {
                    "reduceOptions": reduced,
                    "colorMode": "value",
                    "graphMode": "area",
                    "textMode": "auto",
                }
            case "state-timeline":
                return {"mergeValues": True, "showValue": "never", "rowHeight": 0.8, "legend": _LEGEND}
            case "timeseries":
                return {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}


def _target(legend: str, expr: str, place: int) -> dict[str, Any]:
    return {
        "refId": chr(ord("A") + place),
        "datasource": SOURCE,
        "expr": expr,
        "legendFormat": legend,
        "range": True,
    }


def _link(runbook: str) -> dict[str, Any]:
    return {"title": f"Runbook {runbook}", "url": f"${{runbooks}}/{runbook}.md", "targetBlank": True}


def _mapping(words: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The first word is of 0, the next of 1, and so on."""
    options = {
        str(value): {"text": word, "color": colour, "index": value}
        for value, (word, colour) in enumerate(words)
    }
    return {"type": "value", "options": options}
