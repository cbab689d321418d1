"""The client package on replies made here: what is sent, what is sent again, what is raised, what is left."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_analyzer import (
    ApiError,
    AsyncClient,
    AuthError,
    BatchNotFound,
    BatchStateError,
    Client,
    ExportFailed,
    ExportJob,
    ImageAnalyzerError,
    NotFound,
    Progress,
    RateLimited,
    Retry,
    ServerError,
    SystemUnavailable,
    Unreachable,
    ValidationError,
    WaitTimeout,
)
from image_analyzer.core import within
from image_analyzer.errors import error_of
from image_analyzer.following import Follower
from image_analyzer.options import texts
from image_analyzer.settings import settings_of

AT_ONCE = Retry(tries=3, base=0)
ID = "123e4567-e89b-12d3-a456-426614174000"
Answering = Callable[[httpx.Request], httpx.Response]
INFO = {
    "batch_name": "shops",
    "total_urls": 2,
    "total_chunks": 1,
    "status": "QUEUED",
    "auto_started": True,
}
PROGRESS = {
    "batch_id": ID,
    "status": "processing",
    "total_urls": 2,
    "processed_count": 1,
    "successful_count": 1,
    "failed_count": 0,
    "progress_percentage": 50.0,
    "is_active": True,
    "estimated_completion": "2025-11-02T11:15:00Z",
}


def ok(data: Any, **headers: str) -> httpx.Response:
    body = {"success": True, "data": data, "message": "Done", "timestamp": "2025-11-02T11:15:00Z"}
    return httpx.Response(200, json=body, headers=headers)


def refused(status: int, error_type: str, **headers: str) -> httpx.Response:
    body = {"success": False, "error": "It says why.", "error_type": error_type, "request_id": "r1"}
    return httpx.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.fixture(autouse=True, scope="module")
def _impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("image_analyzer.operations._FIRST_POLL_SECONDS", 0.0)
        yield


class Server:
    """Gives its answers in turn, the last again and again; raises those that are exceptions."""

    def __init__(self, *answers: httpx.Response | BaseException) -> None:
        self._answers: Iterator[httpx.Response | BaseException] = iter(answers)
        self._last: httpx.Response | BaseException = answers[-1]
        self.seen: list[httpx.Request] = []
        self.bodies: list[bytes] = []

    def client(self, retry: Retry = AT_ONCE) -> Client:
        return Client("http://server", "secret", retry=retry, transport=httpx.MockTransport(self._answer))

    def asynchronous(self) -> AsyncClient:
        transport = httpx.MockTransport(self._answer)
        return AsyncClient("http://server", retry=AT_ONCE, transport=transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        return self._next(request)

    def _next(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = next(self._answers, self._last)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def created() -> httpx.Response:
    return ok({"batch_id": ID, "batch_info": INFO})


# --- what is sent again ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        refused(503, "SystemError"),
        refused(429, "RateLimited"),
        httpx.ConnectError("no"),
        httpx.ReadTimeout(""),
    ],
)
def test_a_read_is_tried_again_until_there_is_an_answer(first: httpx.Response | BaseException) -> None:
    server = Server(first, ok(PROGRESS))
    assert server.client().progress(ID).processed_count == 1
    assert len(server.seen) == 2


def test_an_upload_that_is_sent_again_carries_the_same_key_and_the_whole_file() -> None:
    server = Server(httpx.ReadError("cut"), refused(503, "SystemError"), created())
    assert server.client().create(b"url\nhttp://a/1.jpg\n", batch_name="shops").batch_id == ID
    keys = {request.headers["idempotency-key"] for request in server.seen}
    assert len(server.seen) == 3
    assert len(keys) == 1
    assert all(b"http://a/1.jpg" in body and b'name="batch_name"' in body for body in server.bodies)


def test_two_uploads_have_two_keys() -> None:
    server = Server(created())
    client = server.client()
    client.create(b"url\n")
    client.create(b"url\n")
    assert len({request.headers["idempotency-key"] for request in server.seen}) == 2


def test_a_retry_of_rows_and_a_clone_are_sent_once() -> None:
    server = Server(httpx.ReadError("cut"))
    for act in (server.client().retry, server.client().clone):
        with pytest.raises(Unreachable):
            act(ID)
    assert len(server.seen) == 2


def test_a_refusal_for_good_is_not_repeated() -> None:
    server = Server(refused(400, "BatchStateError"))
    with pytest.raises(BatchStateError, match="It says why"):
        server.client().pause(ID)
    assert len(server.seen) == 1


def test_tries_are_bounded_and_the_last_error_is_raised() -> None:
    server = Server(refused(503, "SystemError"))
    with pytest.raises(SystemUnavailable):
        server.client().get(ID)
    assert len(server.seen) == AT_ONCE.tries


def test_a_wait_beyond_the_budget_is_the_callers_to_make() -> None:
    server = Server(refused(429, "RateLimited", Retry_After="900"))
    with pytest.raises(RateLimited) as caught:
        server.client().get(ID)
    assert caught.value.retry_after == 900
    assert len(server.seen) == 1


@given(st.integers(1, 40), st.none() | st.floats(0, 1000))
def test_a_wait_is_within_its_bounds_and_never_shorter_than_asked(failed: int, asked: float | None) -> None:
    retry = Retry()
    wait = retry.wait(failed, asked)
    assert (asked or 0) <= wait <= (asked or 0) + min(retry.cap, retry.base * 2 ** (failed - 1))


# --- what is raised ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, "ValidationError", ValidationError),
        (404, "BatchNotFound", BatchNotFound),
        (404, "NotFound", NotFound),
        (401, "AuthError", AuthError),
        (500, "ProcessingError", ServerError),
        (503, "SystemError", SystemUnavailable),
        (418, "Something", ApiError),
    ],
)
def test_each_refusal_has_its_type(status: int, said: str, kind: type[ApiError]) -> None:
    reply = refused(status, said)
    error = error_of(status, reply.headers, reply.content)
    assert type(error) is kind
    assert (error.error_type, error.request_id, error.status) == (said, "r1", status)


@given(st.sampled_from([400, 401, 404, 429, 500, 502, 503]), st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_of_a_proxy_make_an_error(status: int, body: bytes, after: str) -> None:
    error = error_of(status, {"retry-after": after}, body)
    assert error.status == status
    assert str(error)


def test_a_page_that_is_not_the_service_is_named_so() -> None:
    with pytest.raises(ImageAnalyzerError, match="not Image Analyzer"):
        Server(httpx.Response(200, text="<html>")).client().get(ID)


def test_the_key_is_sent_and_never_shown() -> None:
    server = Server(ok({"batch_info": {**INFO, "batch_id": ID}}))
    server.client().get(ID)
    assert server.seen[0].headers["authorization"] == "Bearer secret"
    assert "secret" not in repr(settings_of(None, "secret", {}))


@pytest.mark.parametrize("url", ["localhost:5001", "ftp://x", "http://", "nonsense", "http://[::"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="address of the service"):
        Client(url)


def test_settings_come_from_the_environment_unless_given() -> None:
    environment = {"IMAGE_ANALYZER_URL": "https://a.example", "IMAGE_ANALYZER_KEY": "k"}
    assert settings_of(None, None, environment) == settings_of("https://a.example", "k", {})
    assert settings_of("http://b", None, environment).url == "http://b"
    assert settings_of(None, None, {}).url == "http://localhost:5001"


@given(st.text(min_size=1))
def test_an_id_can_not_leave_its_place_in_a_path(name: str) -> None:
    assert within("/api/v1/batches/{}/pause", name).count("/") == 5


# --- uploads -----------------------------------------------------------------------------------------


def test_urls_become_a_table_and_progress_is_told() -> None:
    server = Server(created())
    told: list[tuple[int, int]] = []
    server.client().create(iter(["http://a/1,2.jpg", "http://a/2.jpg"]), on_bytes=lambda *at: told.append(at))
    assert b'url\r\n"http://a/1,2.jpg"\r\nhttp://a/2.jpg\r\n' in server.bodies[0]
    assert told[-1][0] == told[-1][1] > 0


def test_a_file_is_packed_if_asked_and_is_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "urls.csv"
    path.write_text("url\n" + "http://a/1.jpg\n" * 1000)
    server = Server(created())
    for _ in range(2):
        server.client().create(path, compress=True)
    first, second = (body.partition(b"\x1f\x8b")[2].rpartition(b"\r\n--")[0] for body in server.bodies)
    assert first == second
    assert gzip.decompress(b"\x1f\x8b" + first) == path.read_bytes()
    assert b'filename="urls.csv.gz"' in server.bodies[0]


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("kind", [bytes, io.BytesIO, lambda table: table.decode().split()[1:]])
def test_every_source_arrives_whole_packed_or_not(kind: Callable[[bytes], Any], compress: bool) -> None:
    table = b"url\r\nhttp://a/1.jpg\r\n"
    server = Server(created())
    server.client().create(kind(table), compress=compress)
    content = server.bodies[0].partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
    assert (gzip.decompress(content) if compress else content) == table


def test_what_can_be_read_once_only_is_sent_again_all_the_same() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    server = Server(httpx.WriteError("cut"), created())
    server.client().create(Pipe(b"url\nhttp://a/1.jpg\n"))
    assert b"http://a/1.jpg" in server.bodies[1]


def test_options_travel_as_the_api_has_them() -> None:
    server = Server(created())
    server.client().create(b"url\n", auto_start=False, priority="high", chunk_size=None)
    assert b'name="auto_start"\r\n\r\nfalse' in server.bodies[0]
    assert b'name="priority"\r\n\r\nhigh' in server.bodies[0]
    assert b"chunk_size" not in server.bodies[0]


def test_a_new_batch_says_whether_it_was_there_before() -> None:
    reply = ok({"batch_id": ID, "batch_info": INFO}, **{"Idempotent-Replayed": "true"})
    made = Server(reply).client().create(b"url\n", idempotency_key="mine")
    assert (made.status, made.replayed, made.total_urls) == ("queued", True, 2)


# --- downloads ---------------------------------------------------------------------------------------


class Cut(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"half of"
        raise httpx.RemoteProtocolError("peer closed connection")


def test_a_download_that_breaks_off_begins_again(tmp_path: Path) -> None:
    server = Server(httpx.Response(200, stream=Cut()), httpx.Response(200, content=b"the whole"))
    told: list[int] = []
    size = server.client().export(ID, tmp_path / "out.csv", on_bytes=told.append, success_only=True)
    assert (tmp_path / "out.csv").read_bytes() == b"the whole"
    assert (size, told) == (9, [7, 9])
    assert server.seen[0].url.params["success_only"] == "true"


@pytest.mark.parametrize(
    "faults",
    [
        [httpx.ReadError("cut")],
        [httpx.Response(200, stream=Cut()) for _ in range(AT_ONCE.tries)],
        [KeyboardInterrupt()],
    ],
)
def test_a_download_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, faults: Any) -> None:
    old = tmp_path / "out.csv"
    old.write_text("old")
    with pytest.raises((ImageAnalyzerError, KeyboardInterrupt)):
        Server(*faults).client().export(ID, old)
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_an_error_is_not_written_into_the_file(tmp_path: Path) -> None:
    with pytest.raises(BatchNotFound):
        Server(refused(404, "BatchNotFound")).client().export(ID, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_standard_output_is_never_written_twice() -> None:
    server = Server(httpx.Response(200, stream=Cut()), httpx.Response(200, content=b"the whole"))
    target = io.BytesIO()
    with pytest.raises(OSError, match="not whole"):
        server.client().export(ID, target)
    assert target.getvalue() == b"half of"


# --- exports in the background -----------------------------------------------------------------------

JOB = {"export_id": ID, "status": "queued", "is_active": True, "bytes": 0}
FILE = b"half of the whole"
MADE = {
    **JOB, "status": "completed", "is_active": False, "bytes": len(FILE),
    "sha256": hashlib.sha256(FILE).hexdigest(),
}  # fmt: skip


def test_an_export_is_waited_for_and_fetched_in_parts(tmp_path: Path) -> None:
    soon = ok(JOB)
    soon.headers["X-Polling-Interval"] = "0"
    server = Server(
        soon, ok(MADE), httpx.Response(206, stream=Cut()), refused(503, "SystemError"),
        httpx.Response(206, content=FILE[len(b"half of") :]),
    )  # fmt: skip
    client, told = server.client(), list[str]()
    job = client.prepare(
        ID, on_job=lambda job: told.append(job.status), format="json", columns=["url"], failed_only=True
    )
    assert told == ["queued", "completed"]
    assert json.loads(server.bodies[0]) == {
        "batch_id": ID, "format": "json", "columns": ["url"], "filters": {"failed_only": True}
    }  # fmt: skip
    assert server.seen[0].headers["idempotency-key"]
    assert client.fetch(job, tmp_path / "out.json") == len(FILE)
    assert (tmp_path / "out.json").read_bytes() == FILE
    assert [one.headers.get("range") for one in server.seen[2:]] == ["bytes=0-", "bytes=7-", "bytes=7-"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(206, content=b"x" * len(FILE)), httpx.Response(206), httpx.ReadError("cut")]
)
def test_what_is_not_the_file_that_was_made_is_not_kept(
    tmp_path: Path, answer: httpx.Response | BaseException
) -> None:
    with pytest.raises(ImageAnalyzerError):
        Server(answer).client().fetch(ExportJob.of(MADE), tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_says_why() -> None:
    failed = {**JOB, "status": "failed", "is_active": False, "error_message": "There is no batch."}
    with pytest.raises(ExportFailed, match="There is no batch"):
        Server(ok(failed)).client().prepare(ID)


# --- reading -----------------------------------------------------------------------------------------


ENDED = {**PROGRESS, "status": "completed", "is_active": False, "processed_count": 2}


def events(*named: tuple[str, dict[str, Any]]) -> httpx.Response:
    """A stream that is cut into pieces of seven bytes."""
    text = "retry: 2000\n\n: still here\n\n"
    text += "".join(f"event: {name}\nid: 1.2\ndata: {json.dumps(data)}\n\n" for name, data in named)
    pieces = [text.encode()[at : at + 7] for at in range(0, len(text), 7)]
    return httpx.Response(200, content=iter(pieces))


def test_waiting_listens_and_looks_when_it_hears_of_the_end() -> None:
    half = {**PROGRESS, "processed_count": 1}
    completed = ("state", {"status": "completed"})
    stream = events(
        ("state", {"status": "paused"}), ("progress", half), completed, ("end", {}), ("progress", half)
    )
    server = Server(ok({**PROGRESS, "processed_count": 0}), stream, ok(ENDED))
    seen: list[tuple[str, int]] = []
    last = server.client().wait(ID, on_progress=lambda one: seen.append((one.status, one.processed_count)))
    assert seen == [("processing", 0), ("paused", 0), ("processing", 1), ("completed", 2)]
    assert last.processed_count == 2
    assert server.seen[1].headers["accept"] == "text/event-stream"


def test_waiting_takes_a_stream_that_was_cut_up_again() -> None:
    server = Server(
        ok(PROGRESS), events(("progress", PROGRESS)), ok(PROGRESS), events(("end", {})), ok(ENDED)
    )
    assert server.client().wait(ID).status == "completed"
    assert [request.url.path.rpartition("/")[2] for request in server.seen].count("events") == 2


@pytest.mark.parametrize(
    "silent", [refused(404, "NotFound"), httpx.ReadTimeout(""), refused(503, "SystemError")]
)
def test_waiting_looks_by_itself_where_there_are_no_events(silent: httpx.Response | Exception) -> None:
    server = Server(ok(PROGRESS), silent, ok(PROGRESS), ok(ENDED))
    assert server.client().wait(ID).status == "completed"
    assert [request.url.path.rpartition("/")[2] for request in server.seen].count("events") == 1


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_break_the_reading_of_events(pieces: list[bytes]) -> None:
    follower = Follower(Progress.of(PROGRESS), lambda seen: None, None)
    for piece in pieces:
        follower.take(piece)


def test_waiting_gives_up_when_its_time_is_over() -> None:
    with pytest.raises(WaitTimeout, match="goes on"):
        Server(ok(PROGRESS)).client().wait(ID, timeout=0)
    with pytest.raises(WaitTimeout):
        Server(ok(PROGRESS), events(("progress", PROGRESS)), ok(PROGRESS)).client().wait(ID, timeout=0.02)


def test_lists_read_page_after_page_only_as_far_as_they_are_taken() -> None:
    one = {**INFO, "batch_id": ID, "status": "completed"}
    page = {"batches": [one, one]}
    server = Server(
        ok({**page, "next_cursor": "b"}), ok({**page, "next_cursor": "c"}), ok({**page, "next_cursor": None})
    )
    batches = server.client().batches(status="completed")
    assert next(batches).batch_name == "shops"
    assert len(server.seen) == 1
    assert len(list(batches)) == 5
    assert [request.url.params.get("cursor") for request in server.seen] == [None, "b", "c"]


def test_results_follow_the_cursor() -> None:
    row = {"result_id": "r", "batch_id": ID, "row_no": 1, "url": "u", "success": True, "extra": {"a": "1"}}
    server = Server(ok({"results": [row], "next_cursor": "abc"}), ok({"results": [], "next_cursor": None}))
    [result] = server.client().results(ID, failed_only=True)
    assert result.raw["extra"] == {"a": "1"}
    assert server.seen[1].url.params["cursor"] == "abc"


def test_a_sick_service_is_an_answer_to_the_question_for_its_health() -> None:
    body = {
        "success": False,
        "data": {"status": "unhealthy", "database": "connected", "redis": "disconnected"},
    }
    server = Server(httpx.Response(503, json=body))
    assert server.client().health().redis == "disconnected"
    assert len(server.seen) == 1


def test_times_are_aware_and_unknown_keys_stay_out_of_the_way() -> None:
    progress = Server(ok({**PROGRESS, "new_key": 1})).client().progress(ID)
    assert progress.estimated_completion is not None
    assert progress.estimated_completion.utcoffset() is not None
    assert progress.raw["new_key"] == 1


def test_a_delete_is_asked_for_with_force() -> None:
    server = Server(ok({"batch_id": ID, "status": "deleted"}))
    assert server.client().delete(ID, force=True).message == "Done"
    assert (server.seen[0].method, server.seen[0].url.params["force"]) == ("DELETE", "true")


# --- the same, with an event loop --------------------------------------------------------------------


async def test_both_clients_do_the_same(tmp_path: Path) -> None:
    ended = {**PROGRESS, "status": "completed", "is_active": False}
    server = Server(
        refused(503, "SystemError"), created(), ok(ended), httpx.Response(200, content=b"rows"),
        ok({"batches": [{**INFO, "batch_id": ID}]}), refused(404, "BatchNotFound"),
    )  # fmt: skip
    async with server.asynchronous() as client:
        made = await client.create(["http://a/1.jpg"])
        assert (await client.wait(made.batch_id)).status == "completed"
        assert await client.export(made.batch_id, tmp_path / "out.csv") == 4
        assert [batch.batch_id async for batch in client.batches()] == [ID]
        with pytest.raises(BatchNotFound):
            await client.pause(ID)
    assert "authorization" not in server.seen[0].headers


async def test_a_cancelled_download_leaves_nothing(tmp_path: Path) -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield b"some"
            await asyncio.sleep(60)

    async with Server(httpx.Response(200, stream=Endless())).asynchronous() as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.export(ID, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_two_clients_have_the_same_methods() -> None:
    names = [{name for name in dir(kind) if not name.startswith("_")} for kind in (Client, AsyncClient)]
    assert names[0] == names[1]


def test_names_of_columns_are_one_line_of_csv() -> None:
    assert texts({"columns": ["url", 'a "b", c'], "excel": True}) == {
        "columns": 'url,"a ""b"", c"',
        "excel": "true",
    }
