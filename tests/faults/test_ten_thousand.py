"""10,000 rows with one analyzer and with three."""

import pytest

from tests.workload import assert_whole, world

_ROWS = 10_000


@pytest.mark.parametrize("analyzers", ["1", "3"])
def test_every_row_once_every_image_paid_once_and_calls_full(analyzers: str) -> None:
    with world(ANALYZERS=analyzers) as own:
        other = own.submit(own.urls(1_000, first=1_000_000))
        urls = own.urls(_ROWS)
        batch = own.submit(urls)
        assert own.wait_end(batch, 300)["successful_count"] == _ROWS
        assert own.wait_end(other, 60)["successful_count"] == 1_000
        assert_whole(own.export(batch), urls, batch)
        assert own.assert_paid_once() == 0
        assert len(own.log().paid()) == _ROWS + 1_000
        stats = own.vision.stats()
        assert stats.images / stats.calls >= 15.5
