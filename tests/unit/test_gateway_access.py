"""The one table of who may call what: every route is in it, and it finds the route that answers."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount

import services.gateway
from services.gateway.access import Role, needed, rules
from services.gateway.app import make_app
from services.gateway.errors import MethodNotAllowed, NotAllowed, NotFound, NotSignedIn
from services.gateway.keyring import Known
from services.gateway.sign_in import Visitor, check_role

# Routes are made without it.
NO_CONTEXT: Any = None
TABLE = {(method, template): role for method, template, role in rules()}
ID = "7d9f2c1e-5b1a-4c55-9d60-3f0f3f7c8a11"


def routes() -> list[tuple[str, str]]:
    """Every route of the application: method and template."""
    found = []
    for route in iter_route_contexts(make_app(NO_CONTEXT).routes):
        if isinstance(route.route, Mount):
            found.append(("GET", f"{route.route.path}/{{path:path}}"))
        else:
            assert route.path, f"a route of an unknown kind: {route.route}"
            found += [(method, route.path) for method in (route.methods or ()) if method != "HEAD"]
    return found


def path_of(template: str) -> str:
    return "/".join(ID if part.startswith("{") else part for part in template.split("/"))


@pytest.mark.parametrize(("method", "template"), sorted(set(routes())))
def test_every_route_is_in_the_table_and_for_the_right_roles(method: str, template: str) -> None:
    role = TABLE.get((method, template))
    assert role is not None, (
        f"{method} {template} is in no role's list: nobody who signs in with a key can reach it. Add the line"
        " to TABLE in services/gateway/access.py, under the least role that may call it (reads: VIEWER; what"
        " changes batches: OPERATOR; what removes for good, and the admin's routes: ADMIN)."
    )
    path = path_of(template)
    assert needed(method, path) is role, "another line of the table hides this one"
    for own in Role:
        visitor = Visitor(None if own is Role.ANYONE else Known(ID, "test", own))  # type: ignore[arg-type]
        if own.may(role):
            check_role(visitor, method, path)
        else:
            with pytest.raises(NotSignedIn if own is Role.ANYONE else NotAllowed):
                check_role(visitor, method, path)


def test_every_change_of_a_batch_is_audited_where_it_is_made() -> None:
    for path in Path(services.gateway.__file__).parent.rglob("*.py"):
        text = path.read_text()
        assert "transition_put" not in text or "audit.put(" in text, (
            f"{path.name} changes batches: call `await audit.put(connection, action, batch_id, details)` of"
            " services/gateway/audit.py in the same transaction"
        )


def test_roles_only_gain() -> None:
    assert [role.may(Role.OPERATOR) for role in Role] == [False, False, True, True]
    assert all(not Role.ANYONE.may(role) for role in Role if role is not Role.ANYONE)


def test_every_line_is_of_a_route() -> None:
    assert set(TABLE) - set(routes()) == set(), "a line that nothing needs lets in what comes under its path"


def test_no_line_stands_there_twice() -> None:
    lines = [(method, template) for method, template, _ in rules()]
    assert len(set(lines)) == len(lines)


def test_nothing_that_changes_something_is_a_viewers() -> None:
    """But downloads whose filters are a body or that are made in the background, the end of these (the route
    looks whose they are), and the end of the own session."""
    exports = {"/api/v1/exports", "/api/v1/exports/{export_id}", "/api/v1/exports/{export_id}/cancel"}
    exports |= {"/exports", "/exports/{export_id}/{ending}"}
    reads = {"/api/v1/export/batches/multiple", "/api/v1/export/filtered", "/logout", *exports}
    may = {t for (m, t), role in TABLE.items() if role is Role.VIEWER and m != "GET"}
    assert may <= reads
    assert all(role is Role.ADMIN for (_, t), role in TABLE.items() if t.startswith("/admin"))


def test_both_spellings_of_a_batch_have_the_same_roles() -> None:
    for (method, template), role in TABLE.items():
        twin = template.replace("/api/v1/batches", "/api/v1/batch", 1)
        if template.startswith(("/api/v1/batches/", "/api/v1/batches ")):
            assert TABLE[(method, twin)] is role


@given(st.text("/abc{}:.%\\ 7", max_size=40))
def test_what_is_in_no_line_is_open_to_nobody(path: str) -> None:
    path = "/x" + path
    with pytest.raises(NotSignedIn):
        check_role(Visitor(), "GET", path)
    with pytest.raises(NotFound):
        needed("GET", path)


@pytest.mark.parametrize("path", ["//admin/keys", "/admin//keys", "/admin/keys/../keys", "/Admin/keys"])
def test_an_address_that_is_almost_one_is_none(path: str) -> None:
    with pytest.raises(NotFound):
        needed("GET", path)


def test_methods_that_a_route_has_not_are_told() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        needed("PATCH", "/admin/keys")
    assert refused.value.headers == {"Allow": "GET, POST"}
    assert needed("HEAD", "/admin/keys") is Role.ADMIN
    assert needed("GET", "/static/a/b.css") is Role.ANYONE
    assert needed("GET", f"/api/v1/batches/{ID}/") is Role.VIEWER, "as the router sees it"
