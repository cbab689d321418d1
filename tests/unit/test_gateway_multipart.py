"""A form is read the same however its bytes are cut."""

from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.errors import ValidationError
from services.gateway.multipart import UploadForm

TYPE = "multipart/form-data; boundary=b0undary"


def form(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        b"--b0undary\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), data)
        for head, data in parts
    )
    return body + b"--b0undary--\r\n"


async def pieces(body: bytes, cuts: Iterable[int]) -> AsyncIterator[bytes]:
    start = 0
    for cut in sorted({cut % (len(body) + 1) for cut in cuts}):
        yield body[start:cut]
        start = cut
    yield body[start:]


async def parse(body: bytes, cuts: Iterable[int] = (), size: int = 64) -> tuple[UploadForm, bytes]:
    parsed = UploadForm(TYPE)
    file = b"".join([block async for block in parsed.file_blocks(pieces(body, cuts), size)])
    return parsed, file


@given(st.binary(max_size=500), st.text(max_size=50), st.lists(st.integers(0, 2000), max_size=20))
async def test_file_and_fields_come_through_whole(data: bytes, name: str, cuts: list[int]) -> None:
    if b"--b0undary" in data:
        return
    file = ('name="file"; filename="a b.csv"', data)
    field = ('name="batch_name"', name.encode())
    for parts in ((file, field), (field, file)):
        parsed, found = await parse(form(*parts), cuts)
        assert found == data
        assert parsed.filename == "a b.csv"
        assert parsed.fields == {"batch_name": name}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form",
        form(),
        form(('name="batch_name"', b"x")),
        form(('name="file"; filename="a"', b"1"), ('name="file"; filename="b"', b"2")),
        form(('name="file"; filename="a"', b"1"))[:-8],
        form(('name="x"', b"y" * 20_000), ('name="file"; filename="a"', b"1")),
        form(*((f"name={n}", b"") for n in range(60))),
    ],
)
async def test_what_is_no_whole_form_with_one_file_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        await parse(body)


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data", "text/csv"])
def test_another_content_type_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match="multipart"):
        UploadForm(kind)
