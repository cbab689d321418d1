"""What a picture of the fakes shows, and how that travels inside its bytes: the image server puts it into a
JPEG comment, the fake Vision reads it there. A test can so check that row n got the answer for picture n."""

import msgspec

SOI = b"\xff\xd8"
COM = b"\xff\xfe"
MARK = b"TRUTH"


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


_FIRST = _words(
    "Amber Blue Cedar Copper Crescent Crystal Dusty Eastside Emerald Falcon Garden Golden Granite Green "
    "Harvest Highland Indigo Ivory Lantern Liberty Lucky Maple Midtown Mountain Northern Oak Orchid Pearl "
    "Pioneer Prairie Quiet Red Riverside Rose Royal Silver Sunny Union Velvet Willow"
)
_SECOND = _words(
    "Anchor Arrow Barrel Basket Bell Bridge Button Candle Clover Corner Crown Eagle Feather Field Fox "
    "Gate Harbor Hill Horse Island Kettle Ladder Lion Mill Moon Needle Owl Palm Peacock Pine Pond Rabbit "
    "Saddle Star Stone Swan Table Tower Valley Wheel"
)
_TRADE = _words(
    "Bakery Barbers Bikes Books Cafe Camera Deli Diner Cleaners Florist Furniture Grill Grocery Hardware "
    "Jewelers Laundry Motors Music Optical Pharmacy Pizza Records Shoes Tailors Toys"
)
_AREA_CODES = _words("206 212 213 303 305 312 404 415 503 512 602 617 702 713 773 808 818 901 919 972")


class Truth(msgspec.Struct, frozen=True, omit_defaults=True):
    """`phone` as it is painted, `""` where the picture shows none."""

    name: str
    phone: str = ""
    is_store: bool = True


def truth_of(n: int) -> Truth:
    """The truth of the n-th good picture. Names repeat after 40,000, phone numbers after 14 million."""
    name = f"{_FIRST[n % 40]} {_SECOND[n // 40 % 40]} {_TRADE[n // 1600 % 25]}"
    line, rest = n % 10_000, n // 10_000
    area, exchange = _AREA_CODES[rest % 20], 220 + rest // 20 % 70
    return Truth(name, f"({area}) {exchange}-{line:04d}")


def embed(jpeg: bytes, truth: Truth) -> bytes:
    """The same picture with the truth as its first segment."""
    return SOI + comment(MARK + msgspec.json.encode(truth)) + jpeg[2:]


def comment(payload: bytes) -> bytes:
    """One JPEG comment segment; its payload is at most 65,533 bytes."""
    return COM + (len(payload) + 2).to_bytes(2, "big") + payload


def extract(content: bytes) -> Truth | None:
    """The truth inside the bytes; None for a picture that carries none."""
    if content[2:4] != COM or content[6:11] != MARK:
        return None
    end = 4 + int.from_bytes(content[4:6], "big")
    try:
        return msgspec.json.decode(content[11:end], type=Truth)
    except msgspec.DecodeError:
        return None
