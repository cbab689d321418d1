"""Pictures that are no shops."""

import math
import random

from PIL import Image, ImageDraw, ImageFilter

from dev.sample_type import face

_SIZE = (1024, 768)
_LETTER = (
    "Dear Mr. Alvarez,",
    "thank you for your letter of 3 March. We have read your proposal",
    "with interest and discussed it in our meeting last week.",
    "The committee asks you to send the following before the end of",
    "the month: a short summary, the list of references, and a plan",
    "of the work with its costs for the first year.",
    "We look forward to hearing from you.",
    "Yours sincerely,",
    "H. Lindqvist, Secretary",
)
_RECEIPT = (
    ("2 x Oat milk", "5.98"),
    ("1 x Rye bread", "3.40"),
    ("3 x Apples", "2.25"),
    ("1 x Olive oil 0.5 l", "8.90"),
    ("Subtotal", "20.53"),
    ("VAT 7 %", "1.44"),
    ("TOTAL", "21.97"),
    ("Card ending 4471", "21.97"),
)
_CODE = (
    "def mean(values):",
    "    total = 0.0",
    "    for value in values:",
    "        total += value",
    "    return total / len(values)",
)


def landscape(rng: random.Random) -> Image.Image:
    """Hills under an evening sky."""
    w, h = _SIZE
    picture = _sky("#f2a65a", "#3b5b8c")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((0.66 * w, 0.24 * h, 0.76 * w, 0.24 * h + 0.1 * w), fill="#ffe7b0")
    for depth, colour in enumerate(("#6d7f94", "#4d6a5c", "#33502f")):
        base, swing, turn = h * (0.5 + 0.14 * depth), h * 0.07, rng.uniform(0, 6)
        ridge = [(x, base + swing * math.sin(turn + x / (90 + 40 * depth))) for x in range(0, w + 8, 8)]
        draw.polygon([(0, h), *ridge, (w, h)], fill=colour)
    return picture


def night(rng: random.Random) -> Image.Image:
    """Stars and a moon over the sea."""
    w, h = _SIZE
    picture = _sky("#22406b", "#070b1c")
    draw = ImageDraw.Draw(picture)
    for _ in range(220):
        x, y, r = rng.uniform(0, w), rng.uniform(0, 0.7 * h), rng.uniform(0.5, 1.8)
        draw.ellipse((x - r, y - r, x + r, y + r), fill="#e9eefc")
    draw.ellipse((0.2 * w, 0.15 * h, 0.28 * w, 0.15 * h + 0.08 * w), fill="#f6f1d6")
    draw.rectangle((0, 0.75 * h, w, h), fill="#0b1a33")
    return picture


def document(rng: random.Random) -> Image.Image:
    """A typed letter."""
    picture = Image.new("RGB", (900, 1200), "#fdfcf8")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(_LETTER):
        draw.text((90, 180 + 66 * number), line, font=face("plain", 25), fill="#22242a")
    draw.line((90, 900, 330, 860), fill="#1b2f6b", width=3)
    return picture


def receipt(rng: random.Random) -> Image.Image:
    """A till receipt on a table."""
    picture = Image.new("RGB", (800, 1100), "#8a6a4a")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((140, 60, 660, 1040), fill="#fbfaf5")
    draw.text((250, 100), "RECEIPT No. 00871", font=face("plain", 30), fill="#2b2b2b")
    draw.text((285, 150), "14.02. 17:42", font=face("plain", 24), fill="#2b2b2b")
    for number, (item, price) in enumerate(_RECEIPT):
        y = 240 + 76 * number
        draw.text((180, y), item, font=face("plain", 28), fill="#2b2b2b")
        draw.text((620, y), price, font=face("plain", 28), fill="#2b2b2b", anchor="ra")
    return picture


def chart(rng: random.Random) -> Image.Image:
    """A bar chart with its axes."""
    picture = Image.new("RGB", _SIZE, "#ffffff")
    draw = ImageDraw.Draw(picture)
    draw.text((300, 40), "Rainfall per month (mm)", font=face("plain", 36), fill="#222222")
    draw.line((110, 120, 110, 660, 970, 660), fill="#222222", width=3)
    for number, month in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug")):
        left, height = 140 + 102 * number, rng.uniform(80, 480)
        draw.rectangle((left, 658 - height, left + 64, 658), fill="#4477aa")
        draw.text((left + 32, 675), month, font=face("plain", 24), fill="#222222", anchor="ma")
    for level in range(0, 125, 25):
        draw.text((98, 660 - level * 4), str(level), font=face("plain", 22), fill="#222222", anchor="rm")
    return picture


def pattern(rng: random.Random) -> Image.Image:
    """Coloured shapes, as on a carpet."""
    w, h = _SIZE
    picture = Image.new("RGB", _SIZE, "#e9dcc9")
    draw = ImageDraw.Draw(picture)
    for _ in range(140):
        x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(15, 70)
        colour = rng.choice(("#c8553d", "#588b8b", "#f28f3b", "#2d3047", "#93b7be"))
        draw.regular_polygon((x, y, r), rng.randint(3, 7), rng.uniform(0, 90), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def code(rng: random.Random) -> Image.Image:
    """A few lines of a program on a screen."""
    picture = Image.new("RGB", _SIZE, "#1e2430")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(_CODE):
        indent = len(line) - len(line.lstrip())
        draw.text((80 + 20 * indent, 170 + 80 * number), line.strip(), font=face("plain", 38), fill="#a8d4a0")
    return picture


def _sky(bottom: str, top: str) -> Image.Image:
    mask = Image.linear_gradient("L").resize(_SIZE)
    return Image.composite(Image.new("RGB", _SIZE, bottom), Image.new("RGB", _SIZE, top), mask)


SCENES = (landscape, night, document, receipt, chart, pattern, code)
