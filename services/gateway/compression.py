"""Which replies are compressed, and how: zstd, brotli or gzip, as the client accepts."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type, remove_compress_type

# A smaller body, such as a batch's progress, fits one packet as it is.
_LEAST_BYTES = 1_024
# Fast levels: an export of gigabytes is compressed on the event loop, 64 KiB at a time.
_ZSTD_LEVEL, _BROTLI_QUALITY, _GZIP_LEVEL = 3, 3, 2

add_compress_type("text/csv")
add_compress_type("application/x-ndjson")
# Events must leave at once. And where a page's secrets stand beside text that others wrote, the length of
# the compressed page tells about the secrets (the attack called BREACH).
remove_compress_type("text/event-stream")
remove_compress_type("text/html")


# Parts of such a file are asked for by their bytes, and its digest is that of the bytes as they are.
_AS_IT_IS = re.compile(r"(/api/v1)?/exports/[^/]+/file/?")


def compressed(app: ASGIApp) -> ASGIApp:
    compressing = CompressMiddleware(
        app,
        minimum_size=_LEAST_BYTES,
        zstd_level=_ZSTD_LEVEL,
        brotli_quality=_BROTLI_QUALITY,
        gzip_level=_GZIP_LEVEL,
    )

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await (app if _AS_IT_IS.fullmatch(scope["path"]) else compressing)(scope, receive, send)

    return served
