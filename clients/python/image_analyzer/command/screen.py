"""What the command shows: tables for people or JSON for programs, and on standard error the rest."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_LONGEST_CELL = 200
Row = Sequence[object]


class Screen:
    """`machine`: JSON only, one object a line. Colours are for terminals without NO_COLOR."""

    def __init__(self, machine: bool) -> None:
        self.machine = machine
        self.out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)

    def data(self, raw: Mapping[str, Any]) -> None:
        """For programs; people are shown something else."""
        if self.machine:
            sys.stdout.write(json.dumps(raw, ensure_ascii=False, default=str) + "\n")

    def say(self, text: str) -> None:
        if not self.machine:
            self.out.print(Text(clean(text)), soft_wrap=True)

    def note(self, text: str, style: str = "") -> None:
        """Beside what was asked for: never in the way of a pipe."""
        self.err.print(Text(clean(text), style), soft_wrap=True)

    def facts(self, pairs: Sequence[tuple[str, object]]) -> None:
        width = max(len(name) for name, _ in pairs)
        for name, value in pairs:
            self.say(f"{name:{width}}  {cell(value)}")

    def table(self, head: Sequence[str], rows: Sequence[Row]) -> None:
        """Drawn on a terminal; elsewhere a line a row, columns aligned and never cut."""
        if self.machine:
            return
        lines = [[cell(value) for value in row] for row in rows]
        if self.out.is_terminal:
            self._draw(head, lines)
        else:
            self._print([list(head), *lines])

    def _draw(self, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        drawn = Table(*head, box=None, header_style="bold", pad_edge=False)
        for line in lines:
            drawn.add_row(*(Text(shorten(value), _STYLES.get(value, "")) for value in line))
        self.out.print(drawn)

    def _print(self, lines: Sequence[Sequence[str]]) -> None:
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        for line in lines:
            self.say(
                "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip()
            )


_STYLES = {
    "completed": "green",
    "processing": "cyan",
    "failed": "red",
    "cancelled": "red",
    "paused": "yellow",
    "ok": "green",
    "bad": "red",
}


def cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{value:,.1f}"
        case int():
            return f"{value:,}"
        case _:
            return clean(str(value))


def clean(text: str) -> str:
    """Names and texts come from strangers: nothing of them may steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
