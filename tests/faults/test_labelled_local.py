"""The labelled set, painted and read by the provider `local`: minutes of text recognition."""

from tests.labelled.local import read_all
from tests.labelled.score import score

LEAST = {"store_image": 0.95, "store_name": 0.90, "phone": 0.95, "mail": 0.95}


async def test_local_recognition_tells_the_set_rightly() -> None:
    told = score(await read_all())
    assert {column: share for column, share in told.shares.items() if share < LEAST[column]} == {}, (
        told.misses
    )
