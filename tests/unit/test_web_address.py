"""Addresses as people write them: what is fetched, what is refused in words, and what counts as a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.sniff import format_of, in_words
from shared.web_address import InvalidAddress, canonical, fault_of, web_address


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("https://a.example.com/1.jpg", "https://a.example.com/1.jpg"),
        (" http://a.example.com:8080/x?q=1&s=%2F%7e \n", "http://a.example.com:8080/x?q=1&s=%2F%7e"),
        ("https://a.example.com/w_980,h_551/a~mv2.jpg", "https://a.example.com/w_980,h_551/a~mv2.jpg"),
        ("https://a.example.com", "https://a.example.com"),
        ("https://a.example.com?x=1", "https://a.example.com/?x=1"),
        ("HTTP://A.Example.com/Ä b.jpg", "http://a.example.com/%C3%84%20b.jpg"),
        ("https://bücher.example/1.jpg", "https://xn--bcher-kva.example/1.jpg"),
        ("http://[::1]:8080/1.jpg", "http://[::1]:8080/1.jpg"),
    ],
)
def test_addresses_are_sent_as_they_stand_or_as_browsers_quote_them(text: str, sent: str) -> None:
    assert str(web_address(text)) == sent
    assert fault_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example.com/b%20c?d=1",
        "HTTPS://A.Example.COM/b%20c?d=1",
        "https://a.example.com:443/b%20c?d=1#there",
        " https://a.example.com/b c?d=1\n",
    ],
)
def test_every_spelling_of_an_address_has_one_canonical_one(text: str) -> None:
    assert canonical(text) == "https://a.example.com/b%20c?d=1"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("https://a.example.com/1", "http://a.example.com/1"),
        ("https://a.example.com/A", "https://a.example.com/a"),
        ("https://a.example.com/a", "https://a.example.com/a?"),
        ("https://a.example.com:8443/a", "https://a.example.com/a"),
        ("http://a.example.com:443/a", "https://a.example.com/a"),
        ("http://[::1]/a", "http://[::2]/a"),
    ],
)
def test_addresses_that_may_fetch_something_else_stay_apart(text: str, other: str) -> None:
    assert canonical(text) != canonical(other)


@given(st.text(max_size=60) | st.from_regex(r"[Hh]ttps?://[a-zA-Z.:0-9\[\]]+[/?#a-z%A-Z .]*", fullmatch=True))
def test_a_canonical_address_stays_as_it_is(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no address"),
        ("not a url", "does not begin with http"),
        ("ftp://a.example.com/1.jpg", "does not begin with http"),
        ("javascript:alert(1)", "does not begin with http"),
        ("file:///etc/passwd", "does not begin with http"),
        ("http://", "no host"),
        ("http:///1.jpg", "no host"),
        ("http:1.jpg", "no host"),
        ("http://user:secret@a.example.com/", "user name"),
        ("http://a.example.com/\r\nHost: b", "characters"),
        ("http://a.example.com\\@b.example.com/", "characters"),
        ("http://a.example.com/\x00", "characters"),
        ("http://a.example.com:99999/", "malformed"),
        ("http://[::1/", "malformed"),
        ("http://a..example.com/1.jpg", "no valid name"),
        (f"http://{'a' * 64}.example.com/1.jpg", "no valid name"),
        ("http://a.example.com/" + "a" * 8_000, "longer than"),
    ],
)
def test_what_is_no_address_is_refused_in_words_without_repeating_it(text: str, words: str) -> None:
    with pytest.raises(InvalidAddress, match=words) as caught:
        web_address(text)
    assert "secret" not in str(caught.value)
    assert fault_of(text) == str(caught.value)


@given(
    st.one_of(st.text(), st.text().map("http://{}".format), st.text().map("https://a.example.com/{}".format))
)
def test_any_text_is_an_address_or_refused(text: str) -> None:
    fault = fault_of(text)
    try:
        url = web_address(text)
    except InvalidAddress:
        assert fault
        return
    assert fault is None
    assert url.scheme in ("http", "https")
    assert url.raw_path.startswith("/")
    assert str(url).isascii()
    assert not set(str(url)) & set(" \r\n\t\\")


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"BM6",
        b"RIFF\1\2\3\4WEBPVP8 ",
        b"II*\0",
        b"MM\0*",
        b"\0\0\1\0\1\0",
        b"\0\0\0\x1cftypavif",
        b"\0\0\0\x18ftypheic",
    ],
)
def test_pictures_are_known_by_their_first_bytes(head: bytes) -> None:
    assert format_of(head)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "nothing"),
        (b"\n <!DOCTYPE html>", "web page"),
        (b"<svg xmlns=", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"RIFF\1\2\3\4WAVE", "no picture"),
        (b"\0\0\0\x18ftypmp42", "no picture"),
        (b"{}", "no picture"),
    ],
)
def test_what_is_no_picture_is_said(head: bytes, words: str) -> None:
    assert not format_of(head)
    assert words in in_words(head)
