"""An event stream lasts for hours: its end when the key that opened it is revoked.

Downloads go on to their end: a file that was cut must not look whole.
"""

from collections.abc import Awaitable, Callable

from starlette.types import Message, Send

_STREAM = (b"content-type", b"text/event-stream")


def ending(send: Send, is_valid: Callable[[], Awaitable[bool]]) -> Send:
    """Asked at each piece of a stream. What comes after the end is left out: the server then tells the
    application that its client has gone."""
    streams = over = False

    async def send_while_valid(message: Message) -> None:
        nonlocal streams, over
        if message["type"] == "http.response.start":
            streams = any(_is_stream(*header) for header in message.get("headers", ()))
        elif over:
            return
        elif streams and message.get("more_body") and not await is_valid():
            over = True
            message = {**message, "body": b"", "more_body": False}
        await send(message)

    return send_while_valid


def _is_stream(name: bytes, value: bytes) -> bool:
    return name.lower() == _STREAM[0] and value.startswith(_STREAM[1])
