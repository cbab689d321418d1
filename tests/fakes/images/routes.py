"""What a path of the image server gets:

/good/N.jpg?size=BYTES  picture N, the same bytes every time, unlike every other N
/slow/MS/N.jpg          picture N after MS milliseconds
/drip/MS/N.jpg          picture N in ten pieces over MS milliseconds
/flaky/K/N.jpg          503 for the first K requests of this path, then picture N
/redirect/K/N.jpg       K redirects to picture N
/loop/…                 redirects to itself
/to/URL                 redirects to the rest of the path (an address that nobody should follow)
/endless/…              a picture that never ends, as fast as the reader takes it
/stall/…                headers, then nothing
/loris/…                the beginning of a picture, then a byte ten times a second, without end
/bomb/…                 a hundred megabytes of a picture, in half a megabyte of gzip
/cut/N.jpg              half of what Content-Length promised, then the connection closes
/broken/N.jpg           image/jpeg, and bytes that are none
/truncated/N.jpg        the first half of a picture, as if it were all
/type/KIND/…            text/KIND, no picture
/empty/…                200 with no body
/404/…                  this status; any of 400-599
/_stats                 how often each path was asked for, as JSON
"""

import zlib
from collections.abc import Callable
from functools import cache
from urllib.parse import parse_qs, urlsplit

import msgspec

from tests.fakes.pictures import base, good

_JPEG = "image/jpeg"


class Reply(msgspec.Struct, frozen=True):
    """`length` is what Content-Length says where that is not the truth; None leaves it out (endless)."""

    status: int = 200
    body: bytes = b""
    content_type: str = _JPEG
    headers: str = ""
    length: int | None = -1
    wait: float = 0.0  # seconds before the first byte
    drip: float = 0.0  # seconds over which the body is spread
    then: str = ""  # after the body: "" next request, "close", "stall", "repeat", "loris"

    def head(self) -> bytes:
        length = len(self.body) if self.length == -1 else self.length
        lines = [f"HTTP/1.1 {self.status} -", f"Content-Type: {self.content_type}"]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + f"\r\n{self.headers}\r\n").encode()


def route(target: str, seen: int) -> Reply:
    """What a request target gets that was asked for `seen` times before."""
    kind, _, rest = target[1:].partition("/")
    if kind == "good":
        return _good(rest)
    if kind.isdigit() and 400 <= int(kind) <= 599:
        return Reply(int(kind), b"no picture here\n", "text/plain", _retry_after(int(kind)))
    try:
        return _ROUTES[kind](rest, seen)
    except (KeyError, ValueError):
        return Reply(404, b"no such path\n", "text/plain")


def _good(rest: str) -> Reply:
    name, _, query = rest.partition("?")
    size = int(parse_qs(query).get("size", ["0"])[0]) if query else 0
    number = name.partition(".")[0]
    return Reply(body=good(int(number), size)) if number.isdigit() else Reply(404, b"", "text/plain")


def _picture(rest: str) -> bytes:
    return good(int(urlsplit(rest).path.partition(".")[0]))


def _slow(rest: str, seen: int) -> Reply:
    milliseconds, _, name = rest.partition("/")
    return Reply(body=_picture(name), wait=int(milliseconds) / 1000)


def _drip(rest: str, seen: int) -> Reply:
    milliseconds, _, name = rest.partition("/")
    return Reply(body=_picture(name), drip=int(milliseconds) / 1000)


def _flaky(rest: str, seen: int) -> Reply:
    times, _, name = rest.partition("/")
    return Reply(503, b"", "text/plain") if seen < int(times) else Reply(body=_picture(name))


def _redirect(rest: str, seen: int) -> Reply:
    left, _, name = rest.partition("/")
    return _to(f"/redirect/{int(left) - 1}/{name}" if int(left) > 1 else f"/good/{name}")


def _to(location: str) -> Reply:
    return Reply(302, b"", "text/plain", f"Location: {location}\r\n")


def _half(rest: str) -> bytes:
    whole = _picture(rest)
    return whole[: len(whole) // 2]


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    pieces = [packer.compress(base()), *(packer.compress(bytes(1 << 20)) for _ in range(100))]
    return b"".join([*pieces, packer.flush()])


def _html(rest: str, seen: int) -> Reply:
    kind = rest.partition("/")[0] or "html"
    return Reply(body=b"<!doctype html><title>Not a picture</title>", content_type=f"text/{kind}")


def _retry_after(status: int) -> str:
    return "Retry-After: 1\r\n" if status in (429, 503) else ""


_ROUTES: dict[str, Callable[[str, int], Reply]] = {
    "slow": _slow,
    "drip": _drip,
    "flaky": _flaky,
    "redirect": _redirect,
    "loop": lambda rest, seen: _to(f"/loop/{rest}"),
    "to": lambda rest, seen: _to(rest),
    "endless": lambda rest, seen: Reply(body=base() * 4, length=None, then="repeat"),
    "stall": lambda rest, seen: Reply(length=100_000, then="stall"),
    "loris": lambda rest, seen: Reply(body=base()[:100], length=100_000, then="loris"),
    "bomb": lambda rest, seen: Reply(body=_bomb(), headers="Content-Encoding: gzip\r\n"),
    "cut": lambda rest, seen: Reply(body=_half(rest), length=len(_half(rest)) * 2, then="close"),
    "broken": lambda rest, seen: Reply(body=b"these bytes are no picture " + rest.encode()),
    "truncated": lambda rest, seen: Reply(body=_half(rest)),
    "type": _html,
    "empty": lambda rest, seen: Reply(),
}
