"""The JSON body of a request: bounded, and refused with a sentence that says what to send."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from starlette.requests import Request

from services.gateway.body import body_of
from services.gateway.errors import TooLarge, ValidationError

_MOST_BYTES = 256 << 10
_NAMES_SHOWN = 5
_NAME_LENGTH = 50
T = TypeVar("T", bound=msgspec.Struct)


async def json_body(request: Request, kind: type[T]) -> T:
    """An empty body stands for `{}`, whatever its content type. Raises ValidationError, TooLarge."""
    raw = bytearray()
    async for piece in body_of(request):
        raw += piece
        if len(raw) > _MOST_BYTES:
            raise TooLarge(f"A JSON body has {_MOST_BYTES >> 10} KiB at most.")
    return parsed(bytes(raw), kind)


def parsed(raw: bytes, kind: type[T]) -> T:
    """Raises ValidationError for what is no JSON object, for fields that `kind` has not, for wrong values.
    Structs inside of `kind` say themselves that they forbid unknown fields."""
    try:
        fields = msgspec.json.decode(raw.strip() or b"{}", type=dict[str, msgspec.Raw])
        known = [field.encode_name for field in msgspec.structs.fields(kind)]
        if unknown := [name for name in fields if name not in known]:
            raise ValidationError(_unknown(unknown, known))
        return msgspec.json.decode(raw.strip() or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise ValidationError(f"The JSON body does not fit: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValidationError("The body is not valid JSON. Send one JSON object in UTF-8.") from error


def _unknown(unknown: Sequence[str], known: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:_NAME_LENGTH]) for name in unknown[:_NAMES_SHOWN])
    more = f" and {len(unknown) - _NAMES_SHOWN} more" if len(unknown) > _NAMES_SHOWN else ""
    takes = f"It takes {', '.join(known)}" if known else "It takes none"
    return f"Unknown fields in the JSON body: {shown}{more}. {takes}."
