"""What of a line can name the shop: the line without its contacts, hours, years and numbers, unless the rest
is a slogan, an address or a notice."""

import re
from collections.abc import Sequence

from services.analyzer import vocabulary as words
from services.analyzer.contacts import Contact, plain

HOURS = re.compile(
    r"\d(?::\d\d|\s?[aApP]\.?\s?[mM]\b|\s?[uU]hr\b|\s?[hH](?:\d\d)?\b(?!\w)|\s?[時时点點시]"
    r"|[.]\d\d\s?[-\u2013\u2014~]\s?\d)"
)
_DASH = r"[-\u2013\u2014~]"
_DAYS = re.compile(
    # "Mon-Fri", "Sat & Sun", "lunes a viernes"; "Sun & Moon" and "Monday's" are none.
    rf"\b(?:{words.DAYS})\b\.?\s*(?:{_DASH}|[,/&+]|to|through|bis|und|au|à|a|al|et|y|e|i|до|по|tot|en)\s*"
    rf"(?:{words.DAYS})\b"
    rf"|\b(?:{words.ANY_DAYS})\.?\s?{_DASH}\s?(?:{words.ANY_DAYS})\b"
    rf"|\b(?:{words.DAYS})\b[.:,]?\s*(?:\d|(?:{words.OPEN_WORDS})\b)"
    rf"|\b(?:{words.OPEN_WORDS})\b.*(?:\d|\b(?:{words.DAYS}|{words.ALL_DAYS}|day|late|now)\b)"
    rf"|\b(?:{words.ALL_DAYS})$",
    re.I,
)
_CJK_HOURS = re.compile(words.CJK_HOURS)
_SINCE = re.compile(
    rf"(?:^|[\s,(|\u2022\u00b7-])(?:{words.SINCE})\s*(?:1[6-9]|20)\d\d\b"
    r"|\s*(?:\u59cb\u4e8e|\u59cb\u5efa\u4e8e|\u521b\u7acb\u4e8e|\u6210\u7acb\u4e8e|\u5275\u696d|\u5275\u7acb)\s*\d",
    re.I,
)
_ADDRESS = re.compile(
    rf"^\d+[a-z]?,?\s+.*\b(?:{words.STREETS})\b|\b[a-z]{{2}}\s+\d{{5}}(?:-\d{{4}})?$|\bp\.?o\.? box\b"
    rf"|^(?:{words.STREET_STARTS})\s.*\d|(?:{words.STREET_ENDS})\s*\d+\s?[a-z]?\b|^\d{{2}}-?\d{{3}}\s+\w+$"
    r"|[区區市町路号號]\s*\d+|\d+\s*(?:号|號|番地|丁目)",
    re.I,
)
_SLOGAN = re.compile(
    r"[!?\uff01\uff1f]$|^[\"\u201c\u201e\u00ab].*[\"\u201d\u00bb]$|^(?:\S+\s+){3,}\S+\.$|\d\s?%|\d\s?off\b",
    re.I,
)
# Who took the picture, or what a camera calls it.
_CREDIT = re.compile(
    r"^(?:photo|foto|picture|image|bild|courtesy|source|quelle)(?: by| von| de| di|:)"
    r"|^(?:\u00a9|\(c\)|copyright)"
    r"|^(?:img|dsc[nf]?|pxl|mvimg|screenshot|whatsapp image)[_ .-]?\d",
    re.I,
)
# A word of two alphabets was misread: recognition that lacks a script takes its letters for others.
_MIXED = re.compile(r"[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_LABEL = re.compile(
    rf"(?:(?:\b(?:{words.PHONE_WORDS}|fax|e-?mail|mail|courriel|correo|web|internet|text)\b\.?"
    rf"|{words.PHONE_SIGNS})\s*:?\s*)+$",
    re.I,
)
_WELCOME = re.compile(r"^welcome to\s+|^willkommen (?:bei|im|in)\s+|^bienvenue (?:chez|à|au)\s+", re.I)
_PARTS = re.compile(r"\s+[-\u2013\u2014|/\u2022\u00b7*~:]\s+|\s*[|\u2022]\s*")
_BRANCH = re.compile(r"\s+(?:#\s?\d+|no\.\s?\d{3,}|store\s?#?\d+)$", re.I)
# No sign has a longer line. Some patterns take the square of its length: of 2,000 characters 0.7 s.
_LONGEST = 300
_EDGES = ' \t-\u2013\u2014|\u2022\u00b7\u30fb*~_,;:/\\<>=+"\u201c\u201d\u201e\u00ab\u00bb\u00ae\u2122\u00a9'


def as_name(text: str, contacts: Sequence[Contact]) -> str | None:
    """What is left of a line without its contacts, if that can be a name."""
    text = text[:_LONGEST]
    said = plain(text)
    for contact in contacts:
        if contact.shown in said:
            text = said = _LABEL.sub("", said[: said.index(contact.shown)].strip(_EDGES))
    text = tidy(_WELCOME.sub("", text.strip()))
    text = _BRANCH.sub("", _without_year(text))
    return _whole(text) or _first_part(text)


def as_part(text: str, contacts: Sequence[Contact]) -> str | None:
    """What a line beside a name gives to it: a name too, a single letter, or a word that joins."""
    text = text.strip()
    if (len(text) == 1 and text.isalpha()) or text.casefold() in words.JOINING:
        return text
    return as_name(text, contacts)


def tidy(text: str) -> str:
    """One line, single blanks."""
    return " ".join(text.split())


def _without_year(text: str) -> str:
    """ "Otto's Corner, since 1954" without its year."""
    found = _SINCE.search(text) if _DIGIT.search(text) else None
    return text[: found.start()] if found else text


def _whole(text: str) -> str | None:
    small = text.casefold()
    if sum(map(str.isalpha, text)) < 2 or small.strip(" .:!") in words.NOTICES:
        return None
    if not text.isascii() and _MIXED.search(text):
        return None
    if _is_slogan(text, small) or _is_hours_or_address(text, small):
        return None
    return text.strip(_EDGES) or None


def _is_slogan(text: str, small: str) -> bool:
    """It begins like one, ends like a sentence, or goes on in small letters after a comma, as a list does."""
    first, _, rest = small.partition(" ")
    starts = rest and (
        first in words.SLOGAN_STARTS or f"{first} {rest.partition(' ')[0]}" in words.SLOGAN_STARTS
    )
    listed = text.partition(", ")[2][:1].islower()
    return bool(starts or listed or _SLOGAN.search(text) or _CREDIT.match(text))


def _is_hours_or_address(text: str, small: str) -> bool:
    """Each of these patterns takes microseconds: a line without a digit is spared most of them."""
    if _DIGIT.search(text) and (HOURS.search(text) or _ADDRESS.search(text)):
        return True
    if not text.isascii() and _CJK_HOURS.search(text):
        return True
    return not words.HOURS_HINTS.isdisjoint(_WORD.findall(small)) and bool(_DAYS.search(text))


def _first_part(text: str) -> str | None:
    """Of "Otto's Corner | open daily" what stands before the bar, or what stands behind it."""
    parts = _PARTS.split(text)
    return next(filter(None, map(_whole, parts)), None) if len(parts) > 1 else None
