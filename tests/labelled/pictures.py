"""The set: what each picture says and what is true of it, drawn from a seed. `draw.py` paints it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unicodedata import combining, normalize

import phonenumbers

from tests.labelled import words
from tests.labelled.words import LANGUAGES, Language

SEED = 20_261
OTHERS = 100
_SHARES = {"caps": 1, "script": 1}  # of a face; the others have 4


@dataclass(frozen=True)
class Truth:
    """What a person would write into the table. `phone` in E.164; "" where none is painted."""

    is_store: bool
    name: str = ""
    phone: str = ""
    mail: str = ""


@dataclass(frozen=True)
class Written:
    """A line: its text, how high it is beside the others, its face. `role`: name, small or page."""

    text: str
    weight: float
    face: str
    role: str = "small"


@dataclass(frozen=True)
class Picture:
    """`lines` from top to bottom, `align` left or middle. `seed`: for what is left to chance in its looks."""

    number: int
    kind: str
    region: str
    truth: Truth
    lines: tuple[Written, ...]
    size: tuple[int, int]
    align: str
    seed: int


def pictures() -> list[Picture]:
    """Always the same, in an order in which a prefix has some of everything."""
    made = [*_shops(), *_others()]
    random.Random(SEED).shuffle(made)
    return [Picture(number, *fields) for number, fields in enumerate(made)]


Fields = tuple[str, str, Truth, tuple[Written, ...], tuple[int, int], str, int]


def _shops() -> Iterator[Fields]:
    for code, language in LANGUAGES.items():
        rng, used = random.Random(f"{SEED} {code}"), set[str]()
        for _ in range(language.weight):
            yield _shop(rng, code, language, used)


def _shop(rng: random.Random, code: str, language: Language, used: set[str]) -> Fields:
    face = rng.choices(language.faces, [_SHARES.get(one, 4) for one in language.faces])[0]
    if face == "caps" and code == "tr":
        face = "sans"  # its capital i has a point
    as_painted: Callable[[str], str] = str.upper if face == "caps" else str
    name = as_painted(_name(rng, language, used))
    small = {"script": "slab", "caps": "condensed"}.get(face, face)
    # Numbers and latin letters of another country's shop stand in a face that has them.
    names = [Written(text, 2.6, face, "name") for text in _broken(rng, name)]
    if rng.random() < 0.12 and len(names) == 1:
        between = rng.choice((" - ", " \u2022 ", ", ")) if code not in ("zh", "ja") else " \u2022 "
        names = [Written(name + between + as_painted(rng.choice(language.since)), 2.2, face, "name")]
    beside: list[Written] = []
    phone = mail = ""
    if rng.random() < 0.8:
        shown, phone = _phone(rng, language.region)
        beside.append(Written(rng.choice(language.phone).format(shown), 1.1, small))
    if rng.random() < 0.3:
        mail = _mail(rng, name)
        beside.append(Written(rng.choice(("{}", "{}", "E-mail: {}")).format(mail), 0.9, small))
    elif rng.random() < 0.25:
        beside.append(Written(f"www.{_host(name)}.example", 0.9, small))
    for share, choices in ((0.5, language.hours), (0.15, language.street), (0.12, language.since)):
        if rng.random() < share:
            beside.append(Written(rng.choice(choices), 0.85, small))
    rng.shuffle(beside)
    above: list[Written] = []
    if rng.random() < 0.4:
        slogan = Written(rng.choice(language.slogans), 0.95, small)
        (above if rng.random() < 0.35 else beside).append(slogan)
    size = rng.choice(((640, 480), (800, 600), (1024, 768), (1280, 960), (900, 1200)))
    lines = (*above, *names, *beside)
    truth = Truth(True, name, phone, mail)
    return f"shop {code}", language.region, truth, lines, size, "middle", rng.randrange(10**9)


def _name(rng: random.Random, language: Language, used: set[str]) -> str:
    for _ in range(200):
        name = rng.choice(language.names).format(a=rng.choice(language.a), b=rng.choice(language.b))
        if name not in used:
            break
    used.add(name)
    return name


def _broken(rng: random.Random, name: str) -> list[str]:
    """In one line, or in two."""
    parts = name.split()
    if len(parts) < 2 or rng.random() < (0.35 if len(name) > 16 else 0.75):
        return [name]
    half = max(range(1, len(parts)), key=lambda at: -abs(len(" ".join(parts[:at])) - len(name) / 2))
    return [" ".join(parts[:half]), " ".join(parts[half:])]


def _phone(rng: random.Random, region: str) -> tuple[str, str]:
    """As it is painted, and in E.164. One in six is written for callers from abroad."""
    kind = rng.choice((phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE))
    example = phonenumbers.example_number_for_type(region, kind)
    assert example
    digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    for _ in range(100):
        number = phonenumbers.parse(f"{digits[:-5]}{rng.randrange(10**5):05d}")
        if phonenumbers.is_valid_number_for_region(number, region):
            break
    style = phonenumbers.PhoneNumberFormat.NATIONAL
    if rng.random() < 0.17 or region == "GR":
        style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    shown = phonenumbers.format_number(number, style)
    if region == "US" and "+" not in shown:
        shown = rng.choice((shown, shown.replace("(", "").replace(") ", "."), shown.replace("-", ".")))
    if region == "DE" and "+" not in shown:
        shown = rng.choice((shown, shown.replace(" ", "/", 1)))
    if region == "FR" and "+" not in shown:
        shown = rng.choice((shown, shown.replace(" ", ".")))
    return shown, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _host(name: str) -> str:
    plain = "".join(letter for letter in normalize("NFKD", name.lower()) if not combining(letter))
    kept = "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
    return kept[:16] or "shop"


def _mail(rng: random.Random, name: str) -> str:
    return f"{rng.choice(('info', 'hello', 'shop', 'mail', 'contact'))}@{_host(name)}.example"


def _others() -> Iterator[Fields]:
    makers = (_letter, _receipt, _menu, _chart, _notice, _scenery, _captioned, _code, _slide, _scenery)
    for number in range(OTHERS):
        rng = random.Random(f"{SEED} other {number}")
        kind, region, lines, align = makers[number % len(makers)](rng)
        size = rng.choice(((800, 600), (1024, 768), (900, 1200)))
        yield kind, region, Truth(False), tuple(lines), size, align, rng.randrange(10**9)


Made = tuple[str, str, list[Written], str]


def _letter(rng: random.Random) -> Made:
    code = rng.choice(list(words.LETTER))
    face = rng.choice(("serif", "slab", "plain"))
    texts = words.LETTER[code]
    lines = [Written(text, 1.0, face, "page") for text in texts]
    return f"letter {code}", LANGUAGES[code].region, lines, "left"


def _receipt(rng: random.Random) -> Made:
    code = rng.choice(list(words.RECEIPTS))
    head, thanks, part, total, tax, goods = words.RECEIPTS[code]
    mark = "." if code == "en" else ","
    prices = [(what, rng.randrange(90, 1900)) for what in rng.sample(goods, rng.randrange(3, len(goods)))]
    whole = sum(price for _, price in prices)
    told = [(what, f"{price // 100}{mark}{price % 100:02d}") for what, price in prices]
    told += [
        (what, f"{n // 100}{mark}{n % 100:02d}")
        for what, n in ((part, whole), (tax, whole // 9), (total, whole))
    ]
    lines = [
        Written(head, 1.4, "slab", "page"),
        *(Written(f"{a}  {b}", 1.0, "slab", "page") for a, b in told),
    ]
    return f"receipt {code}", LANGUAGES[code].region, [*lines, Written(thanks, 1.0, "slab", "page")], "left"


def _menu(rng: random.Random) -> Made:
    code = rng.choice(list(words.MENUS))
    head, dishes = words.MENUS[code]
    sign = "$" if code == "en" else "\u20ac"
    told = [f"{dish}  {sign}{rng.randrange(5, 30)}.{rng.choice(('00', '50', '90'))}" for dish in dishes]
    lines = [Written(head, 1.6, "serif", "page"), *(Written(text, 1.0, "serif", "page") for text in told)]
    return f"menu {code}", LANGUAGES[code].region, lines, "middle"


def _chart(rng: random.Random) -> Made:
    step = rng.choice((5, 20, 50, 100))
    ticks = [str(step * n) for n in range(rng.randrange(4, 7))][::-1]
    months = list(words.TICKS[: rng.randrange(5, 9)])
    lines = [Written(text, 1.0, "plain", "tick") for text in (*ticks, *months)]
    return "chart", "US", [Written(rng.choice(words.CHART_TITLES), 1.3, "plain", "page"), *lines], "left"


def _notice(rng: random.Random) -> Made:
    text = rng.choice(words.NOTICES)
    face = "east" if text[0] > "\u2e80" else rng.choice(("sans", "caps", "condensed"))
    painted = text.upper() if face == "caps" else text
    return "notice", "US", [Written(painted, 2.0, face, "name")], "middle"


def _scenery(rng: random.Random) -> Made:
    return "scenery", "US", [], "middle"


def _captioned(rng: random.Random) -> Made:
    return "captioned", "US", [Written(rng.choice(words.CAPTIONS), 0.2, "plain", "caption")], "left"


def _code(rng: random.Random) -> Made:
    return "code", "US", [Written(text.strip(), 1.0, "plain", "page") for text in words.CODE], "left"


def _slide(rng: random.Random) -> Made:
    head, *points = words.SLIDE
    rng.shuffle(points)
    return (
        "slide",
        "US",
        [Written(head, 1.5, "sans", "page"), *(Written(p, 1.0, "sans", "page") for p in points)],
        "left",
    )
