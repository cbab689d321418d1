"""The exporter's end of a download: asked for, and passed on as it comes."""

from collections.abc import AsyncIterator

import aiohttp
import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.gateway.context import Context
from services.gateway.errors import (
    ApiError,
    BatchNotFound,
    ExportError,
    SystemUnavailable,
    TooLarge,
    ValidationError,
)
from services.gateway.exporting import made
from shared.exporting import PATH, Export
from shared.logs import log

_PASSED_ON = ("Content-Type", "Content-Disposition")
# What is read ahead of a reader and passed on at once: each piece costs the same, large or small.
_AHEAD = 1 << 19
_LONGEST_REFUSAL = 4_096
# The reader's speed is the exporter's affair; a silence this long is a fault. An export may wait two minutes
# for its turn.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=300)


async def download(ctx: Context, export: Export, request: Request) -> Response:
    """The file; for HEAD its headers. Raises what `opened` does."""
    if getattr(request.state, "head", False):
        upstream = await opened(ctx, msgspec.structs.replace(export, head=True))
        upstream.close()
        return Response(headers=_headers(upstream))
    upstream = await opened(ctx, export)
    return StreamingResponse(_pieces(ctx, export, upstream), headers=_headers(upstream))


async def fetched(ctx: Context, export: Export, most_bytes: int) -> bytes:
    """A small file, whole. Raises what `opened` does, and TooLarge."""
    found = bytearray()
    async for piece in _whole(ctx, export):
        found += piece
        if len(found) > most_bytes:
            raise TooLarge(
                f"These rows have over {most_bytes >> 20} MB. Leave out metadata, or download them."
            )
    return bytes(found)


async def size_of(ctx: Context, export: Export) -> int:
    """In bytes; none of them is kept. Raises what `opened` does."""
    return sum([len(piece) async for piece in _whole(ctx, export)])


async def _whole(ctx: Context, export: Export) -> AsyncIterator[bytes]:
    async with await opened(ctx, export) as upstream:
        try:
            async for piece in upstream.content.iter_any():
                yield piece
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ExportError("The export broke off. Try it again in a moment.") from error


async def opened(ctx: Context, export: Export) -> aiohttp.ClientResponse:
    """Raises SystemUnavailable when the exporter is away or full, BatchNotFound, ValidationError for
    columns that there are not, TooLarge, ExportError."""
    url = ctx.settings.exporter_url + PATH
    try:
        body = msgspec.json.encode(export)
        upstream = await ctx.http.post(url, data=body, timeout=_TIMEOUT, read_bufsize=_AHEAD)
        if upstream.status == 200:
            return upstream
        async with upstream:
            text = await upstream.content.read(_LONGEST_REFUSAL)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SystemUnavailable(
            "The exporter does not answer. Try the download again in a moment."
        ) from error
    log.info("exporter refused", status=upstream.status)
    raise refusal_of(upstream.status, _sentence(text))


def refusal_of(status: int, why: str) -> ApiError:
    """What the exporter's refusal means for a client: 503 says that the same download may succeed soon."""
    match status:
        case 400:
            return ValidationError(why)
        case 404:
            return BatchNotFound(why)
        case 413:
            return TooLarge(why)
        case 503:
            return SystemUnavailable(why, 10)
    return ExportError(f"The export failed (status {status}). Try it again in a moment.")


def _sentence(refusal: bytes) -> str:
    try:
        return msgspec.json.decode(refusal, type=dict[str, str])["error"]
    except (msgspec.MsgspecError, KeyError):
        return "The export failed. Try it again in a moment."


def _headers(upstream: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: upstream.headers[name] for name in _PASSED_ON if name in upstream.headers}


async def _pieces(ctx: Context, export: Export, upstream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """An upstream that breaks raises here, which ends the connection without a clean end of the body:
    a cut file must not look whole. What was passed on to its end counts as made."""
    size = 0
    try:
        async for piece in upstream.content.iter_any():
            yield piece
            size += len(piece)
    finally:
        upstream.close()
    await made.count(ctx.pool, export.format, size)
