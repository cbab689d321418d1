"""The templates, and what all of them can say."""

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.gateway import actor
from services.gateway.access import Role
from services.gateway.errors import ApiError
from services.gateway.exporting.jobs.desk import may_end
from services.gateway.pages import bars, filters
from services.gateway.transitions import allowed_in

_HERE = Path(__file__).parent.parent


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        filters.number,
        filters.dollars,
        filters.duration,
        filters.took,
        filters.words,
        filters.sentence,
        filters.ago,
        filters.exact,
        filters.machine,
        filters.share,
        filters.size,
        filters.shown_picture,
        filters.short_url,
        bars.bar_of,
        allowed_in,
        may_end,
    ):
        made.filters[function.__name__] = function
    made.globals |= {
        "asset": asset,
        "csrf": csrf,
        "csrf_field": csrf_field,
        "may_act": may_act,
        "may_manage": may_manage,
    }
    return made


def asset(name: str) -> str:
    """Its address with a print of its content, so that browsers may keep it until it changes."""
    return f"/static/{name}?v={_PRINTS[name]}"


def csrf() -> str:
    """The token that what this page does must carry; "" where there is no session."""
    return actor.current().csrf


def csrf_field() -> Markup:
    """It, for a form."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf()) if csrf() else Markup("")


def may_act() -> bool:
    """Whether buttons that change something are of use to who looks."""
    return actor.current().role.may(Role.OPERATOR)


def may_manage() -> bool:
    """Whether the admin's page opens for who looks."""
    return actor.current().role.may(Role.ADMIN)


_PRINTS = {
    path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in (_HERE / "static").iterdir()
}
_TEMPLATES = _environment()


def text(template: str, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(**values)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(text(template, **values), status, {"Cache-Control": "no-store"})


def error_page(request: Request, error: ApiError) -> Response:
    found = page("error.html", error.status, error=error, request_id=request.scope["state"]["request_id"])
    found.headers.update(error.headers)
    return found
