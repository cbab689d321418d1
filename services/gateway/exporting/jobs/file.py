"""The file of an export in the background: whole or a part of it, streamed from the blob store."""

import base64
from collections.abc import AsyncIterator

import obstore
from obstore.store import ObjectStore
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.gateway.context import Context
from services.gateway.errors import BatchStateError, NotFound, RangeNotSatisfiable
from services.gateway.exporting import made
from services.gateway.exporting.jobs.job import ExportStatus, Job
from services.gateway.exporting.jobs.ranges import Part, Unsatisfiable, part_of
from services.gateway.replies import names_tag
from shared.exporting import blob_of, disposition

# What one reader holds in memory. Each is a request of its own: the client of a bucket gives up an answer
# after 30 s, before a slow reader has it.
_PIECE = 2 << 20


async def file_of(ctx: Context, job: Job, request: Request) -> Response:
    """200, 206 or 304. Raises BatchStateError, NotFound, RangeNotSatisfiable."""
    _check_there(job)
    headers = _headers(job)
    if names_tag(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers | {"Content-Length": "0"})
    if getattr(request.state, "head", False):
        return Response(headers=headers)
    part = _part(job, request, headers["ETag"])
    status = 200
    if part is None:
        part = Part(0, job.size)
    else:
        status = 206
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{job.size}"
        headers["Content-Length"] = str(part.end - part.start)
    # The first piece before the reply begins: a file that is gone is 404.
    first = await _piece(ctx.store, job, part)
    return StreamingResponse(_pieces(ctx, job, part, first), status, headers)


def _check_there(job: Job) -> None:
    if job.status is ExportStatus.EXPIRED:
        raise NotFound(f"The file of export {job.export_id} is removed. {job.why}")
    if job.status is not ExportStatus.COMPLETED:
        why = f" {job.why}" if job.why else ""
        raise BatchStateError(
            f"Export {job.export_id} is {job.status}; it has a file once it is completed.{why}"
        )


def _headers(job: Job) -> dict[str, str]:
    """The digest is that of the whole file, also where a part is sent (RFC 9530)."""
    digest = job.sha256 or b""
    media_type = job.media_type or "application/octet-stream"
    return {
        "Content-Type": media_type + ("; charset=utf-8" if media_type.startswith("text/") else ""),
        "Content-Disposition": disposition(job.filename or str(job.export_id)),
        "Content-Length": str(job.size),
        "Accept-Ranges": "bytes",
        "ETag": f'"{digest.hex()}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "Cache-Control": "private, no-transform",
    }


def _part(job: Job, request: Request, tag: str) -> Part | None:
    try:
        headers = request.headers
        return part_of(headers.get("range", ""), headers.get("if-range", ""), job.size, tag)
    except Unsatisfiable as error:
        raise RangeNotSatisfiable(
            f"The file has {job.size:,} bytes; none of them is in this range.",
            {"Content-Range": f"bytes */{job.size}"},
        ) from error


async def _pieces(ctx: Context, job: Job, part: Part, piece: bytes) -> AsyncIterator[bytes]:
    """A store that breaks raises here: the connection ends before what Content-Length says."""
    at = part.start
    while piece:
        yield piece
        at += len(piece)
        piece = await _piece(ctx.store, job, Part(at, part.end))
    if part.end == job.size:
        await made.count(ctx.pool, job.format, job.size)


async def _piece(store: ObjectStore, job: Job, part: Part) -> bytes:
    """The first of a part; nothing of an empty one. Raises NotFound."""
    end = min(part.end, part.start + _PIECE)
    if part.start >= end:
        return b""
    try:
        found = await obstore.get_range_async(
            store, blob_of(job.export_id, job.fence), start=part.start, end=end
        )
    except FileNotFoundError as error:
        raise NotFound(f"The file of export {job.export_id} is gone. Ask for the export again.") from error
    return found.to_bytes()
