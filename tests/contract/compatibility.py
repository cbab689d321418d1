"""Whether an event's schema may become another one within a version of its type (pure).

Events of before stay in the log, and subscribers of before go on: each reads what the other wrote. So what
there was stays as it was. A field that may be null from now on looks harmless, and breaks who relied on it.
Words may change, and fields that nobody has to write may be added.
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_WORDS = {"$schema", "$id", "title", "description", "examples"}


def incompatibilities(old: Json, new: Json) -> list[str]:
    """What forbids it; nothing where it may."""
    return [*_of_fields(old, new), *_of_the_rest(old, new)]


def _of_fields(old: Json, new: Json) -> Iterator[str]:
    was, is_now = old.get("properties", {}), new.get("properties", {})
    for name, field in was.items():
        if name not in is_now:
            yield f"{name} is gone"
        elif _wordless(field) != _wordless(is_now[name]):
            yield f"{name} was {_wordless(field)} and is {_wordless(is_now[name])}"
    needed, needs = set(old.get("required", ())), set(new.get("required", ()))
    yield from (f"{name} is required now" for name in sorted(needs - needed))
    yield from (f"{name} is no longer required" for name in sorted(needed - needs))


def _of_the_rest(old: Json, new: Json) -> Iterator[str]:
    parts = {"properties", "required"}
    before, after = ({k: v for k, v in _wordless(one).items() if k not in parts} for one in (old, new))
    if before != after:
        yield f"it was {before} and is {after}"


def _wordless(schema: Any) -> Any:
    """Without what only explains. A property may be called `title`: names of properties stay."""
    match schema:
        case {"properties": dict(fields)}:
            rest = {name: value for name, value in schema.items() if name != "properties"}
            return {**_wordless(rest), "properties": {name: _wordless(one) for name, one in fields.items()}}
        case dict():
            return {name: _wordless(value) for name, value in schema.items() if name not in _WORDS}
        case list():
            return [_wordless(one) for one in schema]
    return schema
