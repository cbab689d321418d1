"""Small forms of the pages: read whole, since what they carry decides whether they come in."""

import asyncio
from urllib.parse import parse_qs

from starlette.types import Message, Receive

from services.gateway.errors import ValidationError

_MOST_BYTES = 16 << 10
_SECONDS = 20.0
# A hundred marked batches, and what stands beside them.
_MOST_FIELDS = 110


def is_form(content_type: str) -> bool:
    """Not the kind that carries files: those may be large."""
    return content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"


async def read_form(receive: Receive) -> bytes:
    """Raises ValidationError for a form that is too large, too slow, or broken off."""
    body = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise ValidationError("The request was broken off.")
                body += message.get("body", b"")
                if len(body) > _MOST_BYTES:
                    raise ValidationError("The form is too large.")
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise ValidationError("The form came too slowly. Send it again.") from error


def field(body: bytes, name: str) -> str:
    """Its first value; "" where there is none."""
    return next(iter(fields(body, name)), "")


def fields(body: bytes, name: str) -> list[str]:
    """All its values; none in a form of more fields than any of ours."""
    try:
        return parse_qs(body.decode("ascii", "replace"), max_num_fields=_MOST_FIELDS).get(name, [])
    except ValueError:
        return []


def again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read to the application, then what else comes."""
    given = False

    async def first_the_body() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return first_the_body
