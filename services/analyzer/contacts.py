"""Ways to reach a business, found in the text of its picture.

Candidates are cut out cheaply and only they are parsed: phonenumbers' own matcher over the whole text costs
104 µs an image, this 21 µs."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from services.analyzer.vocabulary import COUNTRY_ENDINGS, SOCIAL_HOSTS, WEB_ENDINGS

Kind = Literal["phone", "email", "web", "social"]

MAX_CONTACTS = 20  # a page of a phone book must not become a row of contacts
MAX_TEXT = 10_000  # a sign has hundreds of characters; a page of digits would cost 0.1 s
MAX_TOKEN = 254  # RFC 5321's longest mail address
_RANK: dict[Kind, int] = {"phone": 0, "email": 1, "web": 2, "social": 3}

# ITU-T E.164: at most 15 digits. Shorter than 7 is a house number, a price or a year.
_MIN_DIGITS, _MAX_DIGITS = 7, 15
# It begins with the digit: a pattern whose first sign is optional takes three times as long (21 µs).
_PHONE = re.compile(r"\d[\d ()\[\].\-\u2010-\u2015/]{5,60}\d(?!\w)")
_APART = re.compile(r"\s*/\s*|\s+(?=[(\[])|\s{2,}|\s[-\u2010-\u2015]\s")
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{2,4}(?:\s|$)")
_LABELLED = re.compile(
    r"(?:\b(?:tel|phone|ph|call|mobile|cell|fon|text us)\b|\u260e|\u2706)[^\n\d]{0,12}$", re.I
)
_DASH = r"\-.\u2010-\u2015"
_GROUPED = re.compile(
    rf"\+?[\d ]{{0,4}}(?:[(\[]\d{{2,5}}[)\]]|\d{{3}}[{_DASH}])[ {_DASH}]?\d{{3}}[ {_DASH}]?\d{{4}}"
)
_DIGITS = re.compile(r"\d+")

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"@[A-Za-z0-9_](?:[\w.]{1,28}[A-Za-z0-9_])?(?![\w@.])")
_WEB = re.compile(
    r"(https?://|www\.)?((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,18})(/[\w./?=&%~+-]*)?", re.I
)


class Contact(msgspec.Struct, frozen=True, gc=False):
    """`value` in one form for all: E.164, lower-case address, host and path, or `@handle`. `shown` is what
    the picture says."""

    kind: Kind
    value: str
    shown: str


def contacts_in(text: str, region: str) -> tuple[Contact, ...]:
    """All distinct contacts, the best kind first, within a kind in reading order. `region`: ISO 3166 alpha-2,
    for phone numbers without a country code."""
    text = text[:MAX_TEXT]
    dotted = "." in text or "@" in text
    found = {contact.value: contact for contact in _addresses(text)} if dotted else {}
    found.update((contact.value, contact) for contact in _phones(text, region))
    return tuple(sorted(found.values(), key=lambda contact: _RANK[contact.kind]))[:MAX_CONTACTS]


def _phones(text: str, region: str) -> Iterator[Contact]:
    for match in _PHONE.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        lead = before[len(before.rstrip("+([")) :]
        before = before[: len(before) - len(lead)]
        if before[-1:].isalnum() or before.endswith("@") or _DATE.match(match[0]):
            continue
        shown = lead + match[0]
        if contact := _phone(shown, before, region):
            yield contact
        else:
            # "030/123456" is one number, "555-1234 / 555-9876" are two: parts count if the whole is none.
            parts = _APART.split(shown)[:MAX_CONTACTS]
            yield from filter(None, (_phone(part, before, region) for part in parts if part != shown))


def _phone(shown: str, before: str, region: str) -> Contact | None:
    """The number if the numbering plan knows it, or if it is possible and written like a phone number."""
    shown = shown.strip(" /.-")
    digits = "".join(_DIGITS.findall(shown))
    if not _MIN_DIGITS <= len(digits) <= _MAX_DIGITS:
        return None
    try:
        number = phonenumbers.parse("+" + digits if "+" in shown else digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not _is_valid(number, region) and not (_is_phonelike(shown, before) and _is_whole(number)):
        return None
    return Contact("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), shown)


def _is_valid(number: phonenumbers.PhoneNumber, region: str) -> bool:
    # Asking for one region first takes half the time where many share a country code.
    return phonenumbers.is_valid_number_for_region(number, region) or phonenumbers.is_valid_number(number)


def _is_phonelike(shown: str, before: str) -> bool:
    return "+" in shown or bool(_GROUPED.fullmatch(shown) or _LABELLED.search(before))


def _is_whole(number: phonenumbers.PhoneNumber) -> bool:
    """Long enough to be dialled from anywhere: "555-0188" is no number without its area."""
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE


def _addresses(text: str) -> Iterator[Contact]:
    for token in text.split():
        if "@" in token and len(token) <= MAX_TOKEN:
            contact = _email(token) or _handle(token)
        elif "." in token and len(token) <= MAX_TOKEN:
            contact = _web(token)
        else:
            continue
        if contact:
            yield contact


def _email(token: str) -> Contact | None:
    match = _EMAIL.search(token)
    if not match:
        return None
    try:
        # Signs are often in capitals; no mail host in use tells them from small letters.
        address = validate_email(match[0].lower(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None
    return Contact("email", address, match[0])


def _handle(token: str) -> Contact | None:
    match = _HANDLE.search(token)
    if not match or (match.start() and token[match.start() - 1].isalnum()):
        return None
    return Contact("social", match[0].lower(), match[0])


def _web(token: str) -> Contact | None:
    match = _WEB.search(token)
    if not match:
        return None
    scheme, host, path = match[1] or "", match[2].lower(), (match[3] or "").rstrip("/.")
    if not scheme and not _is_host(match[2]):
        return None
    if host in SOCIAL_HOSTS and path:
        return Contact("social", host + path, match[0])
    return Contact("web", ("www." if scheme.lower() == "www." else "") + host + path, match[0])


def _is_host(name: str) -> bool:
    """Whether a dotted word without "www." is meant as an address."""
    label, _, ending = name.rpartition(".")
    if ending.lower() in WEB_ENDINGS:
        return len(label) > 1
    return ending.lower() in COUNTRY_ENDINGS and len(label) > 2 and (name.islower() or name.isupper())
