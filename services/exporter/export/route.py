"""`GET /internal/batches/{batch_id}/export.csv`: for the gateway, on the exporter's own port."""

import asyncio
from uuid import UUID

from aiohttp import web

from services.exporter.export.copying import Copying, TooManyCopies, UnknownBatch, copying
from services.exporter.export.filename import disposition, filename
from services.exporter.export.filters import BadFilter, from_query
from services.exporter.export.pace import Pace
from shared import metrics
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool

_PATH = "/internal/batches/{batch_id}/export.csv"
# Copies hold connections of the pool that the projection needs, too.
_MOST_COPIES = 4
# Each may hold a spool file as large as its export.
_MOST_READERS = 32


def export_route(pool: Pool) -> web.RouteDef:
    copies, readers = asyncio.Semaphore(_MOST_COPIES), asyncio.Semaphore(_MOST_READERS)

    async def export_csv(request: web.Request) -> web.StreamResponse:
        if readers.locked():
            return _refusal(503, "Too many exports are being read at the moment; try again soon.")
        async with readers:
            return await _export(pool, copies, request)

    return web.get(_PATH, export_csv)


async def _export(pool: Pool, copies: asyncio.Semaphore, request: web.Request) -> web.StreamResponse:
    """404 for no such batch, 400 for a bad filter, 503 when Postgres is away or busy: as JSON `error`."""
    try:
        batch_id = UUID(request.match_info["batch_id"])
        async with copying(pool, copies, batch_id, from_query(request.query)) as copy:
            return await _stream(request, copy)
    except BadFilter as error:
        return _refusal(400, str(error))
    except (UnknownBatch, ValueError):
        return _refusal(404, "There is no such batch.")
    except TooManyCopies:
        return _refusal(503, "Too many exports run at the moment; try again soon.")
    except UNAVAILABLE:
        return _refusal(503, "The results can't be read at the moment; try again soon.")


async def _stream(request: web.Request, copy: Copying) -> web.StreamResponse:
    """A failure on the way aborts the connection: a clean end would pass for a whole file."""
    response = web.StreamResponse(headers={"Content-Type": "text/csv; charset=utf-8"})
    facts = copy.facts
    file = filename(facts.name, facts.processed, facts.total_urls)
    response.headers["Content-Disposition"] = disposition(file)
    await response.prepare(request)
    pace = Pace()
    try:
        async for chunk in copy.chunks:
            async with pace.of(len(chunk)):
                await response.write(chunk)
    except Exception as error:  # noqa: BLE001  # the end of this request: it says so by breaking off
        log.warning("export broke off", error=type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
    else:
        metrics.EXPORTS.labels("csv").inc()
    return response


def _refusal(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)
