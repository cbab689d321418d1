"""Ways to reach a business, found in the text of its picture.

Candidates are cut out cheaply and only they are parsed: phonenumbers' own matcher over the whole text costs
104 µs an image, this 21 µs."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from services.analyzer.vocabulary import (
    COUNTRY_ENDINGS,
    PHONE_SIGNS,
    PHONE_WORDS,
    SOCIAL_HOSTS,
    WEB_ENDINGS,
)

Kind = Literal["phone", "email", "web", "social"]

MAX_CONTACTS = 20  # a page of a phone book must not become a row of contacts
MAX_TEXT = 10_000  # a sign has hundreds of characters; a page of digits would cost 0.1 s
MAX_TOKEN = 254  # RFC 5321's longest mail address
_RANK: dict[Kind, int] = {"phone": 0, "email": 1, "web": 2, "social": 3}

# ITU-T E.164: at most 15 digits. Shorter than 7 is a house number, a price or a year.
_MIN_DIGITS, _MAX_DIGITS = 7, 15
# It begins with the digit: a pattern whose first sign is optional takes three times as long (21 µs).
_PHONE = re.compile(r"\d[\d ()\[\].\-\u2010-\u2015/]{5,60}\d(?![A-Za-z0-9_\u00c0-\u058f])")
_APART = re.compile(r"\s*/\s*|\s+(?=[(\[])|\s{2,}|\s[-\u2010-\u2015]\s")
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{2,4}(?:\s|$)")
_LABELLED = re.compile(rf"(?:\b(?:{PHONE_WORDS})\b|{PHONE_SIGNS})[^\n\d]{{0,12}}$", re.I)
_DASH = r"\-.\u2010-\u2015"
_GROUPED = re.compile(
    rf"\+?[\d ]{{0,4}}(?:[(\[]\d{{2,5}}[)\]]|\d{{3}}[{_DASH}])[ {_DASH}]?\d{{3}}[ {_DASH}]?\d{{4}}"
)
_DIGITS = re.compile(r"\d+")
# "1-800-FLOWERS": the toll-free ranges of North America.
_VANITY = re.compile(r"8(?:00|33|44|55|66|77|88)\)?[ .\-](?=[A-Z0-9.\-]*[A-Z])[A-Z0-9][A-Z0-9.\-]{5,12}\b")
_VANITY_LEAD = re.compile(r"(?<!\w)(?:1[ .\-]?)?\(?$")
# Letters of the scripts that addresses are written in; East Asia's stand beside them without a blank.
_LETTER = r"a-z0-9\u00df-\u024f\u0370-\u052f"
_EMAIL = re.compile(rf"[{_LETTER}_.+%-]+@[{_LETTER}_-]+(?:\.[{_LETTER}_-]+)+", re.I)
_HANDLE = re.compile(r"@[A-Za-z0-9_](?:[A-Za-z0-9_.]{1,28}[A-Za-z0-9_])?(?![A-Za-z0-9_@.])")
_WEB = re.compile(
    rf"(https?://|www\.)?((?:[{_LETTER}](?:[{_LETTER}-]*[{_LETTER}])?\.)+[a-z\u00df-\u024f\u0370-\u052f]{{2,18}})"
    r"(/[\w./?=&%~+-]*)?",
    re.I,
)

# East Asia paints wide letters; there and elsewhere a dash has many shapes.
_WIDE = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " ", 0x2212: "-", 0xFE63: "-"}
_HAS_WIDE = re.compile("[\uff01-\uff5e\u3000\u2212\ufe63\u30fc]")
_LONG_VOWEL = re.compile(r"(?<=\d)\u30fc(?=\d)")
# A blank that recognition saw after "www." or "@", or beside the point of ".com".
_GAPS = re.compile(
    r"(?<=\bwww\.) (?=\w)|(?<=\w@) (?=[\w-]+\. ?\w)|(?<=[\w-]\.) (?=(?:com|net|org)\b)"
    r"|(?<=\w) (?=\.(?:com|net|org)\b)",
    re.I,
)

# How sure a contact is that was read rightly. A number that is only written like one may be any number.
_VALID, _ONLY_WRITTEN, _MAIL, _ADDRESS, _SOCIAL = 0.98, 0.7, 0.97, 0.9, 0.85


class Contact(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`value` in one form for all: E.164, lower-case address, host and path, or `@handle`. `shown` is what
    the picture says, `national` how a phone number is written in its own country. `confidence` (0..1) that it
    is one, given that it was read rightly."""

    kind: Kind
    value: str
    shown: str
    confidence: float
    national: str | None = None


def contacts_in(text: str, region: str) -> tuple[Contact, ...]:
    """All distinct contacts, the best kind first, within a kind in reading order. `region`: ISO 3166 alpha-2,
    for phone numbers without a country code."""
    text = plain(text[:MAX_TEXT])
    dotted = "." in text or "@" in text
    found = {contact.value: contact for contact in _addresses(text)} if dotted else {}
    found.update((contact.value, contact) for contact in _phones(text, region))
    return tuple(sorted(found.values(), key=lambda contact: _RANK[contact.kind]))[:MAX_CONTACTS]


def plain(text: str) -> str:
    """Wide letters, digits and dashes as plain ones, and no blanks inside addresses."""
    if not text.isascii() and _HAS_WIDE.search(text):
        text = _LONG_VOWEL.sub("-", text.translate(_WIDE))
    return _GAPS.sub("", text) if ". " in text or "@ " in text or " ." in text else text


def _phones(text: str, region: str) -> Iterator[Contact]:
    for match in _PHONE.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        lead = before[len(before.rstrip("+([")) :]
        before = before[: len(before) - len(lead)]
        if _joined(before[-1:]) or before.endswith("@") or _DATE.match(match[0]):
            continue
        shown = lead + match[0]
        if contact := _phone(shown, before, region):
            yield contact
        else:
            # "030/123456" is one number, "555-1234 / 555-9876" are two: parts count if the whole is none.
            parts = _APART.split(shown)[:MAX_CONTACTS]
            yield from filter(None, (_phone(part, before, region) for part in parts if part != shown))
    for match in _VANITY.finditer(text):
        ahead = _VANITY_LEAD.search(text, max(0, match.start() - 5), match.start())
        yield from filter(None, (_vanity((ahead[0] if ahead else "") + match[0]),))


def _joined(character: str) -> bool:
    """Whether a number that follows is a part of the word. East Asia writes no blank between them."""
    return character.isalnum() and character < "\u2e80"


def _vanity(shown: str) -> Contact | None:
    """Letters beyond the tenth are for the eye only."""
    digits = "".join(_DIGITS.findall(phonenumbers.convert_alpha_characters_in_number(shown)))
    digits = digits.removeprefix("1")[:10]
    number = phonenumbers.parse("+1" + digits)
    return _contact(number, shown, _VALID) if phonenumbers.is_valid_number(number) else None


def _phone(shown: str, before: str, region: str) -> Contact | None:
    """The number if the numbering plan knows it, or if it is possible and written like a phone number."""
    shown = shown.strip(" /.-")
    digits = "".join(_DIGITS.findall(shown))
    if not _MIN_DIGITS <= len(digits) <= _MAX_DIGITS:
        return None
    if "+" not in shown and (local := _as_dialled(digits, region)):
        return _contact(local, shown, _VALID)
    try:
        number = phonenumbers.parse("+" + digits if "+" in shown else digits, region)
    except phonenumbers.NumberParseException:
        return None
    if _is_valid(number, region):
        return _contact(number, shown, _VALID)
    if _is_phonelike(shown, before) and _is_whole(number):
        return _contact(number, shown, _ONLY_WRITTEN)
    return None


def _as_dialled(digits: str, region: str) -> phonenumbers.PhoneNumber | None:
    """The region's number that these digits are as they stand: most are, and parsing would find the same in
    four times the time. A zero in front may be a prefix, or a part of the number."""
    if digits[0] == "0":
        return None
    number = phonenumbers.PhoneNumber(
        country_code=phonenumbers.country_code_for_region(region), national_number=int(digits)
    )
    return number if phonenumbers.is_valid_number_for_region(number, region) else None


def _contact(number: phonenumbers.PhoneNumber, shown: str, confidence: float) -> Contact:
    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return Contact("phone", value, shown, confidence, national)


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
    return Contact("email", address, match[0], _MAIL)


def _handle(token: str) -> Contact | None:
    match = _HANDLE.search(token)
    if not match or (match.start() and token[match.start() - 1].isalnum()):
        return None
    return Contact("social", match[0].lower(), match[0], _SOCIAL)


def _web(token: str) -> Contact | None:
    match = _WEB.search(token)
    if not match:
        return None
    scheme, host, path = match[1] or "", match[2].lower(), (match[3] or "").rstrip("/.")
    if not scheme and not _is_host(match[2]):
        return None
    if host in SOCIAL_HOSTS and path:
        return Contact("social", host + path, match[0], _SOCIAL)
    return Contact("web", ("www." if scheme.lower() == "www." else "") + host + path, match[0], _ADDRESS)


def _is_host(name: str) -> bool:
    """Whether a dotted word without "www." is meant as an address."""
    label, _, ending = name.rpartition(".")
    if ending.lower() in WEB_ENDINGS:
        return len(label) > 1
    return ending.lower() in COUNTRY_ENDINGS and len(label) > 2 and (name.islower() or name.isupper())
