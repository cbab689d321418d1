"""Whether a line of a sign can name the shop at all: no hours, address, slogan, notice or contact."""

import re
from collections.abc import Sequence

from services.analyzer.contacts import Contact

HOURS = re.compile(r"\d(?::\d\d|\s?[aApP]\.?\s?[mM]\b|\s?[uU]hr\b)")
_DAYS = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?\b\.?\s*(?:[-\u2013&,/]|to\b|closed\b|$|\d)"
    r"|\b(?:open|closed)\b.*(?:\d|daily|day|late|now)|\b24\s?(?:hours|hrs|h)\b|\b24/7\b|\b7 days\b|\bdaily\b",
    re.I,
)
_ADDRESS = re.compile(
    r"^\d+[a-z]?,?\s+.*\b(?:st|street|ave|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|way|hwy|highway|pl|place"
    r"|sq|square|ct|court|pkwy|suite|floor)\b|\b[a-z]{2}\s+\d{5}(?:-\d{4})?$|\bp\.?o\.? box\b",
    re.I,
)
_SLOGAN = re.compile(
    r"^(?:since|est\.?|estd\.?|established|serving|family[- ]owned|locally owned|proudly)\s|[!?]$"
    r"|^[\"\u201c].*[\"\u201d]$|^(?:\S+\s+){3,}\S+\.$|^(?:we|you|your|our)\s|\d\s?%|\d\s?off\b",
    re.I,
)
_NOTICE = re.compile(
    r"(?:(?:now |yes,? |sorry,? |come in,? )?(?:we'?re |we are )?(?:open|closed)|(?:grand )?opening"
    r"|(?:big |final |super )?sale|welcome|entrance|exit|push|pull|(?:no |customer |free )?parking|atm"
    r"|(?:free )?wi-?fi|menu|for (?:sale|rent|lease)|no smoking|stop"
    r"|tel|phone|call(?: us| now| today)?|fax|e-?mail|web|www|(?:opening |business )?hours|visit us|follow us"
    r"|order online|contact(?: us)?|address)[\s:.!]*",
    re.I,
)
_LABEL = re.compile(
    r"(?:\b(?:tel|phone|ph|call(?: us)?|fax|e-?mail|mail|web|mobile|cell|text)\b\.?|\u260e)\s*:?\s*$", re.I
)
_WELCOME = re.compile(r"^welcome to\s+", re.I)
_EDGES = ' \t-\u2013\u2014|\u2022\u00b7*~_,;:/\\<>=+"\u201c\u201d\u201e'


def as_name(text: str, contacts: Sequence[Contact]) -> str | None:
    """What is left of a line without its contacts, if that can be a name."""
    for contact in contacts:
        if contact.shown in text:
            text = _LABEL.sub("", text[: text.index(contact.shown)].strip(_EDGES))
    text = tidy(_WELCOME.sub("", text.strip()))
    if sum(map(str.isalpha, text)) < 2 or _NOTICE.fullmatch(text):
        return None
    if HOURS.search(text) or _DAYS.search(text) or _ADDRESS.search(text) or _SLOGAN.search(text):
        return None
    return text.strip(_EDGES) or None


def tidy(text: str) -> str:
    """One line, single blanks."""
    return " ".join(text.split())
