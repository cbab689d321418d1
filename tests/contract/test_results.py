"""Results of a batch by page and by cursor, filtered, and one by its id."""

import html
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.ids import result_id
from tests.contract.gateway import Gateway, create, data_of, database
from tests.contract.test_gateway_contract import check, check_error

TEXT = (str, type(None))
RESULT = {
    "result_id": str,
    "url": str,
    "batch_id": str,
    "chunk_id": str,
    "row_no": int,
    "analysis_result": (dict, type(None)),
    "store_image": (bool, type(None)),
    "text_content": TEXT,
    "store_name": TEXT,
    "business_contact": TEXT,
    "image_description": TEXT,
    "success": bool,
    "error_class": TEXT,
    "error_message": TEXT,
    "processing_time_seconds": float,
    "api_key_used": TEXT,
    "created_at": str,
    "cache_hit": bool,
    "gemini_model_used": TEXT,
    "cost": float,
    "attempt": int,
    "extra": dict,
}
ROWS, CHUNK_SIZE = 100, 7
# In rows 22 to 28 (chunk 4) nothing is there yet; every tenth row failed; every ninth has a name.
PRESENT = [row for row in range(1, ROWS + 1) if not 22 <= row <= 28]
FAILED = [row for row in PRESENT if row % 10 == 0]


async def filled(gateway: Gateway, client: httpx.AsyncClient) -> UUID:
    """A batch with results, as the exporter would store and count them."""
    csv = b"url\n" + b"".join(b"http://a.test/%d\n" % row for row in range(1, ROWS + 1))
    batch_id = await create(client, csv, chunk_size=str(CHUNK_SIZE))
    async with database(gateway) as connection:
        await connection.execute(
            "insert into exporter.results (batch_id, row_no, chunk_no, attempt, url, success, store_name,"
            " error_class, analysis_result, processing_time_seconds, cache_hit, extra, created_at)"
            " select $1, n, (n - 1) / $3 + 1, 1, 'http://a.test/' || n, n % 10 <> 0,"
            " case when n % 9 = 0 then 'Shop ' || n end, case when n % 10 = 0 then 'dns' end,"
            " case when n % 10 <> 0 then '{\"labels\": [1]}'::json end, 0.1, false,"
            " '{\"city\": \"Bern\"}', '2026-01-01'::timestamptz + make_interval(mins => n)"
            " from unnest($2::int[]) as n",
            batch_id,
            PRESENT,
            CHUNK_SIZE,
        )
        await connection.execute(
            "insert into exporter.chunks (batch_id, chunk_no, processed, attempts, successful, failed,"
            " errors, first_result_at, last_result_at)"
            " select batch_id, chunk_no, count(*), count(*), count(*) filter (where success),"
            " count(*) filter (where not success),"
            " case when bool_and(success) then '{}' else jsonb_build_object('dns',"
            " count(*) filter (where not success)) end, min(created_at), max(created_at)"
            " from exporter.results where batch_id = $1 group by 1, 2",
            batch_id,
        )
    return batch_id


async def by_cursor(client: httpx.AsyncClient, path: str, **params: Any) -> list[int]:
    rows: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        data = await data_of(client, path, **params, **cursor)
        rows += [result["row_no"] for result in data["results"]]
        assert data["count"] == len(data["results"]) <= int(params["per_page"])
        if data["next_cursor"] is None:
            return rows
        cursor = {"cursor": data["next_cursor"]}


def filters() -> Iterator[tuple[dict[str, str], list[int]]]:
    yield {}, PRESENT
    yield {"failed_only": "true"}, FAILED
    yield {"success_only": "true"}, [row for row in PRESENT if row not in FAILED]
    yield {"error_class": "dns"}, FAILED
    yield {"error_class": "timeout"}, []
    yield {"has_store_name": "true"}, [row for row in PRESENT if row % 9 == 0]
    yield {"has_store_name": "true", "failed_only": "true"}, [90]
    yield {"has_contact": "true"}, []
    yield {"from_row": "20", "to_row": "31"}, [20, 21, 29, 30, 31]
    yield {"start_date": "2026-01-01T01:00:00Z", "end_date": "2026-01-01T01:05:00Z"}, [*range(60, 66)]


async def test_every_filter_by_page_and_by_cursor(gateway: Gateway, client: httpx.AsyncClient) -> None:
    path = f"/api/v1/batches/{await filled(gateway, client)}/results"
    for wanted, rows in filters():
        for size in (3, 100):
            assert await by_cursor(client, path, **wanted, per_page=size) == rows, wanted
        first = await data_of(client, path, **wanted, per_page=5)
        assert first["filters_applied"].keys() == wanted.keys()
        if first["total"] is None:
            reply = await client.get(path, params={**wanted, "per_page": 5, "page": 2})
            check_error(reply, 400, "ValidationError")
            continue
        assert (first["total"], first["page"], first["pages"]) == (len(rows), 1, -(-len(rows) // 5))
        for page in range(1, first["pages"] + 2):
            data = await data_of(client, path, **wanted, per_page=5, page=page)
            assert [result["row_no"] for result in data["results"]] == rows[(page - 1) * 5 : page * 5]


async def test_a_result_has_every_key_and_is_found_by_its_id(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await filled(gateway, client)
    data = await data_of(client, f"/api/v1/batches/{batch_id}/results", after=8, limit=2)
    good, bad = data["results"]
    for one in (good, bad):
        check(one, RESULT)
    assert (good["row_no"], good["analysis_result"], good["extra"]) == (9, {"labels": [1]}, {"city": "Bern"})
    assert (bad["row_no"], bad["success"], bad["error_class"]) == (10, False, "dns")
    assert await data_of(client, f"/api/v1/results/{bad['result_id']}") == {**bad, "earlier_attempts": []}
    for unknown in ("none", "00000000-0000-4000-8000-000000000000", "é" * 300):
        check_error(await client.get(f"/api/v1/results/{unknown}"), 404, "NotFound")


async def test_a_result_tells_what_it_replaced_the_latest_first(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await filled(gateway, client)
    path = f"/api/v1/results/{result_id(batch_id, 10)}"
    now = await data_of(client, path)
    async with database(gateway) as connection:
        await connection.execute(
            "insert into exporter.earlier_attempts"
            " select r.* from exporter.results as r where batch_id = $1 and row_no = 10",
            batch_id,
        )
        await connection.execute(
            "insert into exporter.earlier_attempts (batch_id, row_no, chunk_no, attempt, url, success,"
            " error_class, processing_time_seconds, cache_hit, created_at)"
            " values ($1, 10, 2, 2, 'http://a.test/10', false, 'timeout', 1, false, now())",
            batch_id,
        )
    latest, first = (await data_of(client, path))["earlier_attempts"]
    check(latest, RESULT)
    assert (latest["attempt"], latest["error_class"]) == (2, "timeout")
    assert {**first, "earlier_attempts": []} == now


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "no"},
        {"after": -1},
        {"after": 3, "page": 2},
        {"after": 3, "cursor": "WzFd"},
        {"success_only": "true", "failed_only": "true"},
        {"error_class": "odd"},
        {"start_date": "soon"},
    ],
)
async def test_what_makes_no_sense_is_refused(client: httpx.AsyncClient, params: dict[str, Any]) -> None:
    path = f"/api/v1/batches/{await create(client)}/results"
    check_error(await client.get(path, params=params), 400, "ValidationError")


async def test_a_place_beyond_the_end_is_an_empty_page(client: httpx.AsyncClient) -> None:
    path = f"/api/v1/batches/{await create(client)}/results"
    for params in ({"page": 1_000_000, "per_page": 100}, {"after": 2**62}, {}):
        data = await data_of(client, path, **params)
        assert (data["results"], data["count"], data["next_cursor"]) == ([], 0, None)


async def page_of(client: httpx.AsyncClient, address: str) -> tuple[list[int], dict[str, str]]:
    """The numbers of the rows that a page shows, and where its links lead by their words."""
    reply = await client.get(address, headers={"Accept": "text/html"})
    assert reply.status_code == 200, reply.text
    rows = [int(number) for number in re.findall(r"row ([0-9]+)</span>", reply.text)]
    links = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>([^<]*?) ?<', reply.text)
    return rows, {words: html.unescape(address) for address, words in links}


async def test_the_page_shows_the_results_that_its_address_asks_for(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    page = f"/batch/{await filled(gateway, client)}"
    for part in (page, f"{page}/results"):
        rows, links = await page_of(client, part)
        assert rows == PRESENT[:50]
        rows, links = await page_of(client, part + links["Next"].removeprefix(page))
        assert rows == PRESENT[50:]
        assert (await page_of(client, links["Previous"]))[0] == PRESENT[:50]
        assert (await page_of(client, links["failed"]))[0] == FAILED
        named, links = await page_of(client, links["with a name"])
        assert named == [row for row in PRESENT if row % 9 == 0]
        csv = links["CSV of these"]
        assert csv == f"/export{page}?has_store_name=true"
    assert (await page_of(client, f"{page}?error_class=dns"))[0] == FAILED
    assert (await page_of(client, f"{page}?has_store_name=true&per_page=3"))[0] == [9, 18, 36]


async def test_a_page_of_results_that_makes_no_sense_says_so(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    page = f"/batch/{await filled(gateway, client)}"
    for query in ("success_only=true&failed_only=true", "error_class=x", "cursor=x", "page=0"):
        reply = await client.get(f"{page}?{query}", headers={"Accept": "text/html"})
        assert (reply.status_code, "That did not work" in reply.text) == (400, True), query
    for address in (f"{page}?page=99", "/?page=99"):
        assert "before this page" in (await client.get(address)).text, "not that there is nothing at all"


async def test_a_batch_is_cloned_and_deleted_and_restored_by_hand(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    cloned = await client.post(f"/batch/{batch_id}/clone", data={"new_name": "Twin", "copy_results": "false"})
    assert cloned.status_code == 303
    twin = await client.get(cloned.headers["location"])
    assert "Twin" in twin.text
    assert (await client.post(f"{cloned.headers['location']}/cancel")).status_code == 303
    for action, offered in (("soft-delete", "Delete for good"), ("restore", "Clone the batch")):
        assert (await client.post(f"{cloned.headers['location']}/{action}")).status_code == 303
        assert offered in (await client.get(cloned.headers["location"])).text
