"""`POST /internal/exports`: for the gateway, on the exporter's own port. The body is an Export."""

import asyncio

import msgspec
from aiohttp import web

from services.exporter.export.columns import UnknownColumns
from services.exporter.export.copying import Source, TooManyCopies
from services.exporter.export.pace import Pace
from services.exporter.export.plan import TooLarge, UnknownBatch
from services.exporter.export.rendering import Rendering, rendering
from shared import metrics
from shared.exporting import PATH, Export, disposition
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool

# Copies hold connections of the pool that the projection needs, too.
_MOST_COPIES = 4
# Each may hold a spool file as large as its export.
_MOST_READERS = 32
_decoder = msgspec.json.Decoder(Export)


def export_route(pool: Pool, most_rows: int) -> web.RouteDef:
    source = Source(pool, asyncio.Semaphore(_MOST_COPIES), most_rows)
    readers = asyncio.Semaphore(_MOST_READERS)

    async def export(request: web.Request) -> web.StreamResponse:
        if readers.locked():
            return _refusal(503, "Too many exports are being read at the moment; try again soon.")
        async with readers:
            return await _export(source, request)

    return web.post(PATH, export)


async def _export(source: Source, request: web.Request) -> web.StreamResponse:
    """404 for no such batch, 413 for too many rows, 400 for unknown columns and what is no export, 503 when
    Postgres is away or busy: as JSON `error`."""
    try:
        export = _decoder.decode(await request.read())
        async with rendering(source, export) as rendered:
            return await _stream(request, export, rendered)
    except UnknownBatch as error:
        return _refusal(404, str(error))
    except TooLarge as error:
        return _refusal(413, str(error))
    except UnknownColumns as error:
        return _refusal(400, str(error))
    except msgspec.MsgspecError as error:
        return _refusal(400, f"This is no export: {error}.")
    except TooManyCopies:
        return _refusal(503, "Too many exports run at the moment; try again soon.")
    except UNAVAILABLE:
        return _refusal(503, "The results can't be read at the moment; try again soon.")


async def _stream(request: web.Request, export: Export, rendered: Rendering) -> web.StreamResponse:
    """A failure on the way aborts the connection: a clean end would pass for a whole file."""
    charset = "; charset=utf-8" if rendered.media_type.startswith("text/") else ""
    headers = {
        "Content-Type": rendered.media_type + charset,
        "Content-Disposition": disposition(rendered.file),
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    pace = Pace()
    try:
        async for piece in rendered.pieces:
            async with pace.of(len(piece)):
                await response.write(piece)
    except Exception as error:  # noqa: BLE001  # the end of this request: it says so by breaking off
        log.warning("export broke off", error=type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
    else:
        if not export.head:
            metrics.EXPORTS.labels(export.format).inc()
    return response


def _refusal(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)
