"""The sample pictures that `make run` ships, served as any host would."""

import re
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from services.gateway.context import Ctx
from services.gateway.errors import NotFound

router = APIRouter(include_in_schema=False)
# For everybody, as other hosts' pictures are: who opens the pages as localhost gets them from 127.0.0.1.
_FOR_ALL = {"Cross-Origin-Resource-Policy": "cross-origin"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.(png|jpe?g|webp|gif|bmp|tiff?)", re.ASCII)


@router.get("/sample/{name}")
async def sample(ctx: Ctx, name: str) -> Response:
    """A picture of SAMPLE_DIR by its plain name; never anything outside it."""
    folder = ctx.settings.sample_dir
    path = Path(folder) / name
    if not (folder and _NAME.fullmatch(name) and path.is_file()):
        raise NotFound("There is no such sample picture.")
    return FileResponse(path, headers=_FOR_ALL)
