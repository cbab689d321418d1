"""Writes what docs/ says of the public events: `make docs`."""

import json
from pathlib import Path

from services.gateway.asyncapi.document import Json, document
from services.gateway.asyncapi.schema import standalone
from shared.events import PREFIX, PUBLIC_EVENTS

_DOCS = Path(__file__).parents[3] / "docs"


def files() -> dict[Path, str]:
    """Path and text of each."""
    schemas = {
        f"events/schemas/{event.TYPE.removeprefix(PREFIX)}.json": standalone(event) for event in PUBLIC_EVENTS
    }
    return {_DOCS / name: _text(made) for name, made in {"asyncapi.json": document(), **schemas}.items()}


def _text(made: Json) -> str:
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
