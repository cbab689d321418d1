"""JSON bodies: what is refused, and in which words."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.errors import ValidationError
from services.gateway.json_body import parsed


class Kind(msgspec.Struct, frozen=True):
    days: int = 30
    name: str = ""


def test_an_empty_body_means_the_defaults() -> None:
    assert parsed(b"", Kind) == parsed(b" \n", Kind) == parsed(b"{}", Kind) == Kind()
    assert parsed(b'{"days": 3}', Kind) == Kind(days=3)


def test_every_unknown_field_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ValidationError, match=r"'dayz', 'forse'\. It takes days, name\.$"):
        parsed(b'{"dayz": 3, "days": 1, "forse": true}', Kind)
    many = msgspec.json.encode({str(number) * 99: 1 for number in range(1, 10)})
    with pytest.raises(ValidationError, match=r"and 4 more") as caught:
        parsed(many, Kind)
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    "raw",
    [b"{", b"null", b"[]", b"1", b'{"days": NaN}', b'{"days": "3"}', b'{"days": 1e99}', b'{"name": "\xff"}',
     b'{"days": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
)  # fmt: skip
def test_what_does_not_fit_is_refused(raw: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        parsed(raw, Kind)
    assert caught.value.message.endswith(".")


@given(st.binary(max_size=60))
def test_no_bytes_make_it_fail_otherwise(raw: bytes) -> None:
    try:
        parsed(raw, Kind)
    except ValidationError:
        pass
