"""All hits of a search as CSV, piece by piece: memory holds one piece, however many there are."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

from services.gateway.errors import TooLarge
from services.gateway.search import Asked, Found, count, search
from shared.postgres import Pool

COLUMNS = (
    "url",
    "success",
    "store_image",
    "text_content",
    "store_name",
    "business_contact",
    "image_description",
    "error_message",
    "created_at",
    "result_id",
    "batch_id",
    "batch_name",
    "row_no",
)
_PIECE = 500


async def hits_as_csv(pool: Pool, asked: Asked, most: int) -> AsyncIterator[bytes]:
    """Raises before the first piece what `search` raises, and TooLarge for more than `most` hits of words."""
    if await count(pool, asked, most + 1) > most:
        raise TooLarge(
            f"More than {most:,} results hold these words. Send rarer words, or the batch_id of one batch;"
            " pages by cursor have no limit."
        )
    asked = asked._replace(size=_PIECE)
    return _pieces(pool, asked, await search(pool, asked, "search_cells"))


async def _pieces(pool: Pool, asked: Asked, found: Found) -> AsyncIterator[bytes]:
    yield _lines([COLUMNS])
    while True:
        yield _lines([[row[name] for name in COLUMNS] for row in found.rows])
        if found.behind is None:
            return
        found = await search(pool, asked._replace(behind=found.behind), "search_cells")


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
