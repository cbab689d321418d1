"""The contract as its document says it: the endpoints of docs/api.md and the shapes of their replies."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
_ENDPOINT = re.compile(r"^\*\*Endpoint\*\*: `(\w+) (\S+)`", re.MULTILINE)
_REPLY = re.compile(r"(?:\*\*Response\*\*|All control operations return):\n```json\n(.*?)```", re.DOTALL)
_MODEL = re.compile(r"^### (\w+)\n```json\n(.*?)```", re.MULTILINE | re.DOTALL)
_CONTROLS = ("start", "pause", "resume", "cancel", "force-start")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Endpoint(NamedTuple):
    """`reply` is the example of the document, None where it shows none."""

    name: str
    reply: Any

    @property
    def is_of_api(self) -> bool:
        return "/api/v1/" in self.name or "/admin/" in self.name


def endpoints() -> list[Endpoint]:
    text = DOCUMENT.read_text()
    heads = list(_ENDPOINT.finditer(text))
    ends = [head.start() for head in heads[1:]] + [text.index("## Data Models")]
    found = {
        f"{head[1]} {head[2]}": _example(text[head.end() : end])
        for head, end in zip(heads, ends, strict=True)
    }
    for action in _CONTROLS:
        found[f"POST /api/v1/batches/{{batch_id}}/{action}"] = found[
            "POST /api/v1/batches/{batch_id}/force-start"
        ]
    found["GET /api/v1/batches/{batch_id}/status"] = found["GET /api/v1/batch/{batch_id}"]
    return [Endpoint(name, reply) for name, reply in found.items()]


def models() -> dict[str, dict[str, str]]:
    """Data models by name: the kind of each field."""
    text = DOCUMENT.read_text()
    text = text[text.index("## Data Models") : text.index("## Error Handling")]
    return {name: msgspec.json.decode(body) for name, body in _MODEL.findall(text)}


def _example(text: str) -> Any:
    found = _REPLY.search(text)
    return msgspec.json.decode(without_comments(found[1])) if found else None


def without_comments(text: str) -> str:
    """Addresses have `//`, too: a comment stands after the last quote of its line."""
    return re.sub(r"[ \t]//[^\"\n]*$", "", text, flags=re.MULTILINE)


def differences(example: Any, live: Any, where: str = "") -> Iterator[str]:
    """Where the live value lacks a key of the example or has another type."""
    match example:
        case dict():
            if not isinstance(live, dict):
                yield f"{where} is {live!r}, not an object"
                return
            for key, value in example.items():
                if key in live:
                    yield from differences(value, live[key], f"{where}.{key}")
                else:
                    yield f"{where}.{key} is missing"
        case list():
            if not isinstance(live, list) or (example and not live):
                yield f"{where} is {live!r}, not a list like {example!r}"
                return
            for number, value in enumerate(live if example else ()):
                yield from differences(example[0], value, f"{where}[{number}]")
        case None:
            return
        case _ if type(example) is not type(live):
            yield f"{where} is {live!r}, not like {example!r}"
        case str() if not _is_alike(example, live):
            yield f"{where} is {live!r}, not like {example!r}"


def _is_alike(example: str, live: str) -> bool:
    try:
        if _TIME.fullmatch(example):
            return live.endswith("Z") and datetime.fromisoformat(live).tzinfo is not None
        return str(UUID(live)) == live if _UUID.fullmatch(example) else True
    except ValueError:
        return False


_KINDS: dict[str, type | tuple[type, ...]] = {
    "uuid": str,
    "string": str,
    "datetime": str,
    "integer": int,
    "float": (float, int),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def model_differences(model: dict[str, str], live: dict[str, Any]) -> Iterator[str]:
    """Null stands for what is not there yet."""
    for name, kind in model.items():
        if name not in live:
            yield f"{name} is missing"
        elif (value := live[name]) is None:
            continue
        elif kind.startswith("enum: "):
            if value not in kind.removeprefix("enum: ").split("|"):
                yield f"{name} is {value!r}, none of {kind}"
        elif not isinstance(value, _KINDS[kind]) or (kind == "integer" and isinstance(value, bool)):
            yield f"{name} is {value!r}, no {kind}"
