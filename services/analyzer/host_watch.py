"""How the hosts of pictures are: into the metrics, and which batches they hold up for whoever asks."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

from services.analyzer.hosts import Hosts
from services.analyzer.images import Fetch, Images
from services.analyzer.standing import SLOW_SECONDS, HostState
from shared import metrics
from shared.limited_by import Limits
from shared.web_address import InvalidAddress, web_address

_EVERY_SECONDS = 2.0


class HostWatch:
    def __init__(self, hosts: Hosts, images: Images, limits: Limits) -> None:
        self._hosts = hosts
        self._images = images
        self._limits = limits

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            tally = self._hosts.tally()
            for state in HostState:
                metrics.HOSTS.labels(state.value).set(tally[state])
            self._limits.note_hosts(held_up(self._images.fetching(), self._hosts.holds_up, time.monotonic()))
            await asyncio.sleep(_EVERY_SECONDS)


def held_up(fetches: Iterable[Fetch], holds_up: Callable[[str], bool], now: float) -> set[UUID]:
    """Batches that wait for their hosts: of most of the pictures that are being fetched for them, the host
    has been slow or left alone for a while."""
    all_of, waiting = Counter[UUID](), Counter[UUID]()
    known: dict[str, bool] = {}
    for url, batch_id, since in fetches:
        all_of[batch_id] += 1
        if now - since < SLOW_SECONDS:
            continue
        host = url.partition("://")[2].partition("/")[0]  # reading each address whole would take 13 µs
        if host not in known:
            known[host] = _is_held_up(url, holds_up)
        waiting[batch_id] += known[host]
    return {batch_id for batch_id, count in waiting.items() if 2 * count > all_of[batch_id]}


def _is_held_up(url: str, holds_up: Callable[[str], bool]) -> bool:
    try:
        return holds_up(web_address(url).raw_authority)
    except InvalidAddress:
        return False
