"""Signing in: a key once, then a session."""

from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.gateway import actor, audit, session
from services.gateway.client_address import is_trusted, networks_of
from services.gateway.context import Context, Ctx
from services.gateway.errors import NotFound, NotSignedIn
from services.gateway.forms import field, read_form
from services.gateway.pages.render import page
from services.gateway.sign_in import SignIn

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def login_page(ctx: Ctx, next: str = "/") -> Response:  # noqa: A002  # the parameter's name in the address
    _login_of(ctx)
    return page("login.html", next=local_path(next), problem="")


@router.post("/login")
async def log_in(ctx: Ctx, request: Request) -> Response:
    sign_in = _login_of(ctx)
    form = await read_form(request.receive)
    after = local_path(field(form, "next"))
    try:
        known, cookie = await sign_in.open_session(field(form, "key").strip())
    except NotSignedIn as refused:
        return page("login.html", refused.status, next=after, problem=refused.message)
    who = actor.current()._replace(name=known.name, role=known.role, key_id=known.key_id)
    actor.becomes(who)
    await audit.put(ctx.pool, "sign_in")
    return RedirectResponse(after, 303, {"Set-Cookie": session.set_cookie(cookie, _is_secure(ctx, request))})


@router.post("/logout")
async def log_out(ctx: Ctx, request: Request) -> Response:
    _login_of(ctx)
    forget = session.set_cookie("", _is_secure(ctx, request), 0)
    return RedirectResponse("/login", 303, {"Set-Cookie": forget})


def to_login(request: Request) -> Response:
    """And back afterwards, to what was to be read: what was to be done is not repeated."""
    query = f"?{request.url.query}" if request.url.query else ""
    after = request.url.path + query if request.method == "GET" else "/"
    return RedirectResponse(f"/login?{urlencode({'next': after})}", 303)


def local_path(text: str) -> str:
    """Where to go after the login: a path of this site, whatever was sent."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if plain and not parts.scheme and not parts.netloc else "/"


def _login_of(ctx: Context) -> SignIn:
    if ctx.sign_in is None:
        raise NotFound("There is no login: this gateway serves its own machine (AUTH=off).")
    return ctx.sign_in


def _is_secure(ctx: Context, request: Request) -> bool:
    """Whether the browser came by TLS; behind a trusted proxy, that one knows."""
    peer = request.client.host if request.client else ""
    if is_trusted(peer, networks_of(ctx.settings.trusted_proxies)):
        return request.headers.get("x-forwarded-proto", request.url.scheme).strip().lower() == "https"
    return request.url.scheme == "https"
