"""One download: asked of the exporter, passed on as it comes."""

from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import aiohttp
from starlette.responses import Response, StreamingResponse

from services.gateway.context import Context
from services.gateway.errors import ApiError, ExportError, SystemUnavailable, ValidationError
from services.gateway.fields import boolean
from shared.logs import log

_FLAGS = ("metadata", "success_only", "failed_only")
_PASSED_ON = ("Content-Type", "Content-Disposition")
_PIECE = 1 << 16
# The reader's speed is the exporter's affair; a silence this long is a fault.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=120)


def export_of(query: Mapping[str, str]) -> dict[str, str]:
    """What the exporter is asked for. Raises ValidationError."""
    if (kind := query.get("format", "csv").lower()) != "csv":
        raise ValidationError(f"format is csv, not {kind[:20]!r}.")
    wanted = {name: str(boolean(name, query[name])).lower() for name in _FLAGS if name in query}
    if wanted.get("success_only") == wanted.get("failed_only") == "true":
        raise ValidationError("success_only and failed_only exclude each other. Send one of them.")
    return wanted


async def stream_export(ctx: Context, batch_id: UUID, query: dict[str, str]) -> Response:
    """Raises SystemUnavailable when the exporter is away or full, ExportError when it refuses."""
    url = f"{ctx.settings.exporter_url}/internal/batches/{batch_id}/export.csv"
    try:
        upstream = await ctx.http.get(url, params=query, timeout=_TIMEOUT)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SystemUnavailable(
            "The exporter does not answer. Try the download again in a moment."
        ) from error
    if upstream.status != 200:
        upstream.release()
        log.warning("exporter refused", batch=str(batch_id), status=upstream.status)
        raise refusal_of(upstream.status)
    headers = {name: upstream.headers[name] for name in _PASSED_ON if name in upstream.headers}
    return StreamingResponse(_pieces(upstream), headers=headers)


def refusal_of(status: int) -> ApiError:
    """What the exporter's refusal means for a client: 503 says that the same download may succeed soon."""
    if status == 503:
        return SystemUnavailable(
            "Too many downloads run, or the results can't be read now. Try again soon.", 10
        )
    return ExportError(f"The export failed (status {status}). Try it again in a moment.")


async def _pieces(upstream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """An upstream that breaks raises here, which ends the connection without a clean end of the body:
    a cut file must not look whole."""
    try:
        async for piece in upstream.content.iter_chunked(_PIECE):
            yield piece
    finally:
        upstream.close()
