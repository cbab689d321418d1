"""What a picture is by its first bytes; what a server calls it does not count. Pure."""

SIGNATURE_BYTES = 16

_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "BigTIFF"),
    (b"MM\0+", "BigTIFF"),
    (b"\0\0\1\0", "ICO"),
)
USUAL = frozenset({"JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO"})
"""What most readers of pictures know."""

_HEIF_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})


def format_of(head: bytes) -> str:
    """That of content which begins with `head` (`SIGNATURE_BYTES`, or all of it), or "" for no picture."""
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[:4] == b"RIFF":
        return "WEBP" if head[8:12] == b"WEBP" else ""
    return "HEIF" if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS else ""


def in_words(head: bytes) -> str:
    """What content is that is no picture, for the person who sent the address."""
    start = head.lstrip().lower()
    if not head:
        return "The address answers with nothing."
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body")):
        return "The address answers with a web page, not with a picture."
    if start.startswith((b"<svg", b"<?xml")):
        return "The address answers with SVG or XML; give a JPEG or PNG picture."
    if start.startswith(b"%pdf"):
        return "The address answers with a PDF document; give a JPEG or PNG picture."
    return "The address answers with data that is no picture in a known format."
