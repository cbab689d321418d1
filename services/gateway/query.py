"""What holds for every query (pure): a parameter stands there once, or nobody knows which one counts."""

from urllib.parse import unquote_to_bytes

from services.gateway.errors import ValidationError


def refuse_repeated(query: bytes) -> None:
    """`query` as it came, undecoded. Raises ValidationError."""
    if b"&" not in query:
        return
    seen: set[bytes] = set()
    for part in query.split(b"&"):
        name = unquote_to_bytes(part.partition(b"=")[0].replace(b"+", b" "))
        if name in seen and part:
            shown = name[:50].decode("utf-8", "replace")
            raise ValidationError(f"The parameter {shown!r} stands in the address twice. Send it once.")
        seen.add(name)
