"""The list of batches: filters, orders, pages and cursors."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.gateway import Gateway, create, data_of, database
from tests.contract.test_gateway_contract import check_error

LIST = "/api/v1/batches"


async def made(gateway: Gateway, client: httpx.AsyncClient, marker: str) -> list[str]:
    """Five names in the order of their creation, a day each from 2026-01-01; the third and fourth at the
    same moment."""
    names = [f"{marker} {name}" for name in ("delta", "Alpha", "echo", "bravo", "charlie")]
    for name, day in zip(names, (1, 2, 3, 3, 5), strict=True):
        batch_id = await create(client, batch_name=name, auto_start=str(day != 2))
        async with database(gateway) as connection:
            await connection.execute(
                "update gateway.batches set created_at = make_timestamptz(2026, 1, $2, 0, 0, 0, 'UTC')"
                " where batch_id = $1",
                batch_id,
                day,
            )
    return names


async def names_of(client: httpx.AsyncClient, **params: Any) -> list[str]:
    return [batch["batch_name"] for batch in (await data_of(client, LIST, **params))["batches"]]


async def test_orders_and_dates(gateway: Gateway, client: httpx.AsyncClient) -> None:
    marker = uuid4().hex
    delta, alpha, echo, bravo, charlie = await made(gateway, client, marker)
    by_name = [alpha, bravo, charlie, delta, echo]
    assert await names_of(client, q=marker, sort="name") == by_name
    assert await names_of(client, text=marker.upper(), sort="-name") == by_name[::-1]
    newest = await names_of(client, q=marker)
    assert newest in ([charlie, bravo, echo, alpha, delta], [charlie, echo, bravo, alpha, delta])
    assert await names_of(client, q=marker, sort="created_at") == newest[::-1]
    assert (await names_of(client, q=marker, sort="status"))[0] == alpha, "pending comes before queued"
    assert (await names_of(client, q=marker, sort="-status"))[-1] == alpha
    days = {"created_from": "2026-01-02", "created_to": "2026-01-03"}
    assert sorted(await names_of(client, q=marker, **days)) == [alpha, bravo, echo]
    assert await names_of(client, q=marker, created_from="2026-01-04T12:00:00+01:00") == [charlie]


@pytest.mark.parametrize("sort", ["-created_at", "created_at"])
async def test_a_cursor_goes_through_all_even_while_new_ones_come(
    gateway: Gateway, client: httpx.AsyncClient, sort: str
) -> None:
    marker = uuid4().hex
    await made(gateway, client, marker)
    whole = await names_of(client, q=marker, sort=sort)
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        data = await data_of(client, LIST, q=marker, sort=sort, per_page=2, **cursor)
        found += [batch["batch_name"] for batch in data["batches"]]
        if data["next_cursor"] is None:
            break
        cursor = {"cursor": data["next_cursor"]}
        if sort == "-created_at":
            await create(client, batch_name=f"{marker} newer")
    assert found == whole


async def test_a_soft_deleted_batch_is_listed_on_demand_only(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    marker = uuid4().hex
    batch_id = await create(client, batch_name=marker)
    async with database(gateway) as connection:
        await connection.execute(
            "update gateway.batches set deleted_at = now(), purge_at = now() + interval '1 day'"
            " where batch_id = $1",
            batch_id,
        )
    assert (await data_of(client, LIST, q=marker))["total"] == 0
    (one,) = (await data_of(client, LIST, q=marker, include_soft_deleted="true"))["batches"]
    assert one["deleted_at"].endswith("Z")


@pytest.mark.parametrize(
    "params",
    [
        {"sort": "size"},
        {"sort": "--name"},
        {"sort": "name", "cursor": "WzFd"},
        {"cursor": "WzFd"},
        {"cursor": "x", "page": 2},
        {"created_from": "yesterday"},
        {"include_soft_deleted": "perhaps"},
    ],
)
async def test_what_makes_no_sense_is_refused(client: httpx.AsyncClient, params: dict[str, Any]) -> None:
    check_error(await client.get(LIST, params=params), 400, "ValidationError")


async def test_a_page_beyond_the_end_is_empty(client: httpx.AsyncClient) -> None:
    data = await data_of(client, LIST, page=1_000_000, per_page=100)
    assert (data["batches"], data["next_cursor"]) == ([], None)


async def test_marked_batches_are_acted_on_and_what_was_refused_is_said(client: httpx.AsyncClient) -> None:
    marker = uuid4().hex
    ids = [str(await create(client, batch_name=f"{marker} {n}", auto_start=str(n > 0))) for n in range(3)]
    said = await client.post("/bulk", data={"action": "pause", "batch_ids": ids})
    assert said.status_code == 200
    assert "Done for 2 batches." in said.text
    assert f"pause batch {ids[0]}: it is pending" in said.text
    assert (await data_of(client, f"{LIST}/{ids[2]}"))["batch_info"]["status"] == "paused"
    assert said.text.startswith("<!doctype html>"), "without scripts it is a page"
    part = await client.post(
        "/bulk", data={"action": "cancel", "batch_ids": ids}, headers={"HX-Request": "true"}
    )
    assert part.text.startswith("<p>")
    await client.post("/bulk", data={"action": "soft-delete", "batch_ids": ids[:1]})
    shown, hidden = {f"{marker} 1", f"{marker} 2"}, f"{marker} 0"
    page = (await client.get("/", params={"q": marker})).text
    assert hidden not in page
    assert all(name in page for name in shown)
    assert hidden in (await client.get("/", params={"q": marker, "deleted": "true"})).text


@pytest.mark.parametrize("form", [{}, {"action": "pause"}, {"action": "delete", "batch_ids": [str(uuid4())]}])
async def test_a_form_that_marks_nothing_or_asks_for_more_than_it_offers(
    client: httpx.AsyncClient, form: dict[str, Any]
) -> None:
    check_error(await client.post("/bulk", data=form), 400, "ValidationError")
