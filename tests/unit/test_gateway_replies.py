"""Tags of polled replies."""

import pytest

from services.gateway.replies import names_tag


@pytest.mark.parametrize("header", ['"a"', 'W/"a"', '"b", W/"a"', ' "a" ,"b"', "*"])
def test_a_tag_is_known_however_it_is_named(header: str) -> None:
    assert names_tag(header, '"a"')


@pytest.mark.parametrize("header", ["", "a", '"A"', '"b", W/"c"', ","])
def test_another_tag_is_not(header: str) -> None:
    assert not names_tag(header, '"a"')
