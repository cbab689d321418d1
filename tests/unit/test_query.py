"""A parameter of a query stands there once."""

import pytest

from services.gateway.errors import ValidationError
from services.gateway.query import refuse_repeated


@pytest.mark.parametrize("query", [b"", b"a=1", b"a=1&b=1", b"a=1&&b=2&", b"a=&A="])
def test_what_stands_there_once_is_fine(query: bytes) -> None:
    refuse_repeated(query)


@pytest.mark.parametrize(
    "query", [b"a=1&a=1", b"a=1&b=2&a=", b"a&a", b"a=1&%61=2", b"x+y=1&x%20y=2", b"\xff=1&\xff=2"]
)
def test_what_stands_there_twice_is_refused(query: bytes) -> None:
    with pytest.raises(ValidationError, match="twice"):
        refuse_repeated(query)
