"""Places are shared by host: what is slow, busy or down takes none from the others, and all is given back."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.analyzer import standing
from services.analyzer.fetch_failure import FetchFailure, of_status
from services.analyzer.hosts import MOST_HOSTS, Host, Hosts, LeftAlone
from shared.error_classes import ErrorClass

TIMEOUT = FetchFailure(ErrorClass.TIMEOUT, "Too slow.")


@asynccontextmanager
async def inside(hosts: Hosts, name: str, failure: FetchFailure | None = None) -> AsyncIterator[Host]:
    host, began = await hosts.enter(name), time.monotonic()
    try:
        yield host
    finally:
        hosts.leave(host, began, failure)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def seen(hosts: Hosts, name: str, failure: FetchFailure | None = None) -> None:
    async with inside(hosts, name, failure):
        pass


def waiting(hosts: Hosts, name: str) -> "asyncio.Task[Host]":
    return asyncio.create_task(hosts.enter(name))


async def test_slow_and_unknown_hosts_leave_places_for_fast_ones() -> None:
    hosts = Hosts(20)
    await seen(hosts, "fast")
    slow = [waiting(hosts, f"slow{n % 5}") for n in range(40)]
    await settle()
    assert sum(task.done() for task in slow) == 15
    async with asyncio.timeout(1), inside(hosts, "fast"), inside(hosts, "fast"):
        pass
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_hosts_take_turns() -> None:
    hosts, order = Hosts(4), list[str]()

    async def row(name: str) -> None:
        async with inside(hosts, name):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*(row("many") for _ in range(30)), *(row(f"other{n}") for n in range(5)))
    assert all(name.startswith("other") for name in order[:10] if name != "many")
    assert max(order.index(f"other{n}") for n in range(5)) < 15


async def test_a_busy_host_gets_no_request_while_it_rests_and_holds_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standing, "_REST_SECONDS", 0.1)
    hosts = Hosts(2)
    await seen(hosts, "busy", of_status(429, ""))
    rows = [waiting(hosts, "busy") for _ in range(3)]
    await settle()
    assert not any(task.done() for task in rows)
    async with asyncio.timeout(1), inside(hosts, "other"):
        pass
    for row in rows:
        host = await asyncio.wait_for(row, 2)
        hosts.leave(host, time.monotonic(), None)


@pytest.mark.parametrize("back", [True, False])
async def test_rows_wait_for_the_first_probe_and_share_its_fate(
    monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    monkeypatch.setattr(standing, "_PAUSE_SECONDS", 0.05)
    hosts = Hosts(20)
    for _ in range(5):
        await seen(hosts, "down", TIMEOUT)
    rows = [waiting(hosts, "down") for _ in range(10)]
    probe = await asyncio.wait_for(rows[0], 2)
    await settle()
    assert sum(task.done() for task in rows) == 1
    hosts.leave(probe, time.monotonic(), None if back else TIMEOUT)
    if back:
        for row in rows[1:]:
            hosts.leave(await asyncio.wait_for(row, 2), time.monotonic(), None)
        return
    for row in rows[1:]:
        with pytest.raises(LeftAlone, match=r"left alone for a while\. Too slow\."):
            await asyncio.wait_for(row, 2)
    with pytest.raises(LeftAlone):
        await hosts.enter("down")


async def test_who_was_there_before_goes_first() -> None:
    hosts = Hosts(2)
    first = await hosts.enter("a")
    new = waiting(hosts, "a")
    await settle()
    again = asyncio.create_task(hosts.enter("a", again=True))
    await settle()
    hosts.leave(first, time.monotonic(), None)
    await settle()
    assert (again.done(), new.done()) == (True, False)
    hosts.leave(await again, time.monotonic(), None)
    hosts.leave(await asyncio.wait_for(new, 1), time.monotonic(), None)


async def test_the_table_is_bounded_and_connections_to_crowds_of_hosts_are_not_kept() -> None:
    hosts = Hosts(10)
    async with inside(hosts, "held"):
        for number in range(3 * MOST_HOSTS):
            await seen(hosts, f"host{number}")
            assert len(hosts) <= MOST_HOSTS + 1, "and those with somebody inside"
        assert not (await hosts.enter("one more")).keep
        assert hosts._known["held"].inside == 1
    again = f"host{3 * MOST_HOSTS - 1}"
    assert (await hosts.enter(again)).keep, "who comes again is worth keeping"


@pytest.mark.parametrize("seed", range(20))
async def test_no_place_is_lost_whatever_happens(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(standing, "_PAUSE_SECONDS", 0.002)
    monkeypatch.setattr(standing, "_LONGEST_PAUSE_SECONDS", 0.004)
    monkeypatch.setattr(standing, "_REST_SECONDS", 0.002)
    rng, hosts, most = random.Random(seed), Hosts(7), 0
    outcomes = [None, None, TIMEOUT, of_status(500, ""), of_status(429, ""), of_status(404, "")]

    async def row(name: str) -> None:
        nonlocal most
        try:
            async with inside(hosts, name, rng.choice(outcomes)):
                most = max(most, hosts._inside)
                await asyncio.sleep(rng.choice([0, 0.001]))
        except LeftAlone:
            pass

    rows = [asyncio.create_task(row(rng.choice("abcd"))) for _ in range(200)]
    for task in rng.sample(rows, 40):
        await asyncio.sleep(0)
        task.cancel()
    async with asyncio.timeout(20):
        await asyncio.gather(*rows, return_exceptions=True)
    assert most <= 7
    assert hosts._inside == 0
    assert all(host.idle for host in hosts._known.values())
