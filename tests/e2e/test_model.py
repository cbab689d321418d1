"""Any sequence of what users do, also two of them at the same instant, against a small model: they agree."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.e2e.conftest import on
from tests.servers import Servers, fresh_database
from tests.workload import ENDED, World, until, world

# Of each verb: where it changes something, what to, and where it is so already.
_TABLE = {
    "start": ({"pending"}, "active", {"active"}),
    "pause": ({"active"}, "paused", {"paused"}),
    "resume": ({"paused"}, "active", {"active"}),
    "cancel": ({"pending", "active", "paused"}, "cancelled", {"cancelled"}),
}
_OVER = {"completed", "cancelled"}
_VERBS = (*_TABLE, "soft-delete", "restore", "delete", "delete?force=true")


class State(NamedTuple):
    """`active` is queued or processing; `hidden` soft-deleted."""

    status: str
    hidden: bool = False


def step(state: State, verb: str) -> tuple[int, State]:
    """The model: what a verb is answered with, and what the batch is then."""
    removes = verb.startswith("delete")
    if state.status == "deleted":
        return (200 if removes else 404), state
    if removes and (state.hidden or state.status in _OVER or "force" in verb):
        return 200, State("deleted")
    if verb == "restore":
        return 200, State(state.status)
    if verb == "soft-delete" and state.status in _OVER:
        return 200, State(state.status, hidden=True)
    before, after, already = _TABLE.get(verb, (set(), "", set()))
    if state.hidden or state.status not in before | already:
        return 400, state
    return 200, State(after) if state.status in before else state


class Batch:
    def __init__(self, batch_id: str, state: State) -> None:
        self.id = batch_id
        self.state = state


@pytest.fixture(scope="module")
def full(servers: Servers, template: str) -> Iterator[World]:
    """One batch has the only place, and one call a minute: the others are queued for as long as a test takes,
    unless they are forced to start."""
    narrow = {"REQUESTS_PER_MINUTE": "1", "MAX_CONCURRENT_BATCHES": "1", "VISION_API_KEYS": "one:key-1"}
    with fresh_database(servers, template) as url, world(None, **narrow, **on(servers, url, 242)) as made:
        known = made.submit(made.urls(1))
        made.wait_end(known)
        blocker = made.submit(made.urls(2_000, first=1_000))
        made.wait_for(blocker, lambda seen: seen["status"] == "processing")
        yield made


def _send(world: World, batch: Batch, verb: str) -> int:
    path = f"/api/v1/batches/{batch.id}"
    if verb.startswith("delete"):
        return world.http.delete(path + verb.removeprefix("delete")).status_code
    return world.http.post(f"{path}/{verb}").status_code


def _seen(world: World, batch: Batch) -> State:
    reply = world.http.get(f"/api/v1/batches/{batch.id}")
    if reply.status_code == 404:
        return State("deleted")
    info = reply.json()["data"]["batch_info"]
    status = {"queued": "active", "processing": "active"}.get(info["status"], info["status"])
    return State(status, hidden=info["deleted_at"] is not None)


def _machine(full: World) -> type[RuleBasedStateMachine]:
    class Users(RuleBasedStateMachine):
        batches = Bundle("batches")

        @rule(target=batches, held=st.booleans())
        def create(self, held: bool) -> Batch:
            made = full.submit(full.urls(3), auto_start=str(not held).lower())
            return Batch(made, State("pending" if held else "active"))

        @rule(target=batches)
        def run_to_the_end(self) -> Batch:
            """A picture that is known already, and a row that can't succeed: no call is needed."""
            made = full.submit([*full.urls(1), "no address"], auto_start="false")
            assert full.control(made, "force-start").status_code == 200
            assert full.wait_end(made)["failed_count"] == 1
            return Batch(made, State("completed"))

        @rule(batch=batches, verb=st.sampled_from(_VERBS))
        def do(self, batch: Batch, verb: str) -> None:
            code, batch.state = step(batch.state, verb)
            assert (_send(full, batch, verb), _seen(full, batch)) == (code, batch.state), verb

        @rule(batch=batches, verbs=st.tuples(st.sampled_from(_VERBS), st.sampled_from(_VERBS)))
        def do_both_at_once(self, batch: Batch, verbs: tuple[str, str]) -> None:
            """Both replies and what the batch is then agree with one of the two orders."""
            possible = []
            for first, second in itertools.permutations(range(2)):
                codes = {}
                codes[first], between = step(batch.state, verbs[first])
                codes[second], after = step(between, verbs[second])
                possible.append((codes[0], codes[1], after))
            with ThreadPoolExecutor(2) as clients:
                replies = clients.map(lambda verb: _send(full, batch, verb), verbs)
            batch.state = _seen(full, batch)
            assert (*replies, batch.state) in possible, verbs

        @rule(target=batches, batch=batches, with_results=st.booleans())
        def clone(self, batch: Batch, with_results: bool) -> Batch:
            reply = full.http.post(f"/api/v1/batches/{batch.id}/clone", json={"copy_results": with_results})
            if batch.state.status == "deleted" or batch.state.hidden:
                assert reply.status_code in (400, 404), reply.text
                return batch
            if with_results and batch.state.status != "completed":
                assert reply.status_code == 400, reply.text
                return batch
            assert reply.status_code == 201, reply.text
            made = reply.json()["data"]["batch_id"]
            if not with_results:
                return Batch(made, State("pending"))
            assert full.control(made, "force-start").status_code == 200
            assert full.wait_end(made)["status"] == "completed"
            return Batch(made, State("completed"))

        @rule(batch=batches)
        def retry(self, batch: Batch) -> None:
            """The one row that can't succeed is tried again, and fails again."""
            reply = full.http.post(f"/api/v1/batches/{batch.id}/retry")
            if batch.state == State("completed"):
                assert reply.status_code == 200, reply.text
                assert full.control(batch.id, "force-start").status_code in (200, 400)
                until(lambda: full.progress(batch.id)["status"] in ENDED)
                assert full.progress(batch.id)["failed_count"] == 1
            else:
                assert reply.status_code == (404 if batch.state.status == "deleted" else 400), reply.text

    return Users


@pytest.mark.timeout(300)
def test_users_and_the_model_agree(full: World) -> None:
    run_state_machine_as_test(
        _machine(full),
        settings=settings(max_examples=12, stateful_step_count=15, suppress_health_check=list(HealthCheck)),
    )
