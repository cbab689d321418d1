"""A form with one file, parsed as it comes in: nothing is spooled, the file's bytes are handed on."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.gateway.errors import ValidationError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MAX_FIELDS = 50
_MAX_FIELD_BYTES = 16_384
_HOW = "Send multipart/form-data with the CSV file in the field `file`."


class UploadForm:
    """`file_blocks` yields the bytes of the field `file`; after it, `fields` and `filename` are whole.

    Both orders of fields and file are good. Raises ValidationError.
    """

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise ValidationError(_HOW)
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self._block = bytearray()
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._field = ""
        self._field_data: bytearray | None = None
        self._ended = False
        callbacks = cast(
            "MultipartCallbacks",
            {
                "on_part_begin": self._on_part_begin,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
        )
        self._parser = MultipartParser(options[b"boundary"], callbacks)

    async def file_blocks(self, body: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
        """Blocks of about `size` bytes; the last may be smaller."""
        async for piece in body:
            self._parse(piece)
            if len(self._block) >= size:
                yield bytes(self._block)
                self._block.clear()
        if not self._ended:
            raise ValidationError("The form ends too early; it was cut on its way. Send it again, whole.")
        if self.filename is None:
            raise ValidationError(f"The form has no file. {_HOW}")
        if self._block:
            yield bytes(self._block)
            self._block.clear()

    def _parse(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise ValidationError(f"The form is malformed. {_HOW}") from error

    def _on_part_begin(self) -> None:
        self._disposition = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._field = options.get(b"name", b"").decode(errors="replace")
        if self._field != "file":
            if len(self.fields) >= _MAX_FIELDS:
                raise ValidationError(f"The form has more than {_MAX_FIELDS} fields.")
            self._field_data = bytearray()
        elif self.filename is not None:
            raise ValidationError("The form has more than one file. Send one file a batch.")
        else:
            self.filename = options.get(b"filename", b"").decode(errors="replace")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._field_data is None:
            self._block += memoryview(data)[start:end]
            return
        self._field_data += memoryview(data)[start:end]
        if len(self._field_data) > _MAX_FIELD_BYTES:
            raise ValidationError(
                f"The field {self._field[:50]!r} is longer than {_MAX_FIELD_BYTES:,} bytes."
            )

    def _on_part_end(self) -> None:
        if self._field_data is not None:
            self.fields[self._field] = self._field_data.decode(errors="replace")
            self._field_data = None

    def _on_end(self) -> None:
        self._ended = True
