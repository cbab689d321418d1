"""Bytes to physical lines of text, incrementally. UTF-8 and UTF-16 are known by their marks or their form;
a line that is no UTF-8 is read as Windows-1252, alone, so that one stray byte spoils nothing else."""

import codecs
import io

LINE_LIMIT = 1 << 20
"""Bytes of a physical line. A longer one is cut: this is four times what a row may have anyway."""

_NOT_ASCII = bytes(range(128, 256))
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _windows_1252() -> str:
    """The table as browsers read it, its five unassigned bytes as in ISO 8859-1: it decodes all."""
    return "".join(bytes([i]).decode("cp1252", "ignore") or chr(i) for i in range(256))


_TABLE = _windows_1252()


class TextLines:
    """Cuts blocks of bytes into lines that keep their ends (LF, CRLF, CR). NUL bytes are left out."""

    def __init__(self, head: bytes) -> None:
        """`head` is the beginning of the bytes (≥ 3, or all), which are then fed, from the first on."""
        self._utf16 = codecs.getincrementaldecoder("utf-16")("replace") if head[:2] in _UTF16_MARKS else None
        self._marked = head.startswith(codecs.BOM_UTF8)
        self._begun = False
        self._rest = b""
        self._skipping = False
        self._stray = False

    @property
    def encoding(self) -> str:
        """What was found so far: `utf-16`, `utf-8-sig`, `utf-8`, or `cp1252` if any line was no UTF-8."""
        if self._utf16:
            return "utf-16"
        if self._stray:
            return "cp1252"
        return "utf-8-sig" if self._marked else "utf-8"

    def feed(self, block: bytes, final: bool = False) -> list[str]:
        """The lines that are whole now; with `final` also the last one without an end."""
        buffer = self._rest + self._clean(block, final)
        cut = len(buffer) if final else _whole(buffer)
        self._rest = buffer[cut:]
        lines = self._decode(self._behind_skipped(buffer[:cut]))
        if len(self._rest) > LINE_LIMIT:
            lines += self._cut_line()
        return lines

    def _clean(self, block: bytes, final: bool) -> bytes:
        if self._utf16:
            block = self._utf16.decode(block, final).encode()
        elif not self._begun:
            block, self._begun = block.removeprefix(codecs.BOM_UTF8), True
        return block.replace(b"\0", b"")

    def _cut_line(self) -> list[str]:
        start, self._rest = self._rest[:LINE_LIMIT], self._rest[-1:]
        if self._skipping:
            return []
        self._skipping = True
        return self._decode(start.rstrip(_NOT_ASCII) + b"\n")

    def _behind_skipped(self, whole: bytes) -> bytes:
        """Leave out the rest of a line that was cut."""
        if not self._skipping or not whole:
            return whole
        self._skipping = False
        return b"".join(whole.splitlines(keepends=True)[1:])

    def _decode(self, whole: bytes) -> list[str]:
        try:
            # str.splitlines would also cut at U+2028, form feeds and the like, which are no line ends here.
            return io.StringIO(whole.decode(), newline="").readlines()
        except UnicodeDecodeError:
            return [self._decode_line(line) for line in whole.splitlines(keepends=True)]

    def _decode_line(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            self._stray = True
            return codecs.charmap_decode(line, "strict", _TABLE)[0]


def _whole(buffer: bytes) -> int:
    """The length of the whole lines in it. A CR at the very end may be half of a CRLF."""
    return max(buffer.rfind(b"\n"), buffer.rfind(b"\r", 0, len(buffer) - 1)) + 1
