"""What the signs of the sample say. The shops are invented; the phone numbers are from the ranges that are
kept free for fiction, where a country has such a range."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """`name` is painted in one line more than it has `/`. `style`, `face`: see sample_styles, sample_type."""

    name: str
    style: str
    face: str
    colours: str  # ground, ink and wall, as in sample_styles.COLOURS
    size: tuple[int, int]
    phone: str = ""
    mail: str = ""
    web: str = ""
    hours: str = ""
    slogan: str = ""

    @property
    def painted(self) -> list[str]:
        return [line.strip() for line in self.name.split("/")]

    @property
    def whole_name(self) -> str:
        return " ".join(self.painted)


_S, _M, _L, _XL, _TALL = (640, 480), (800, 600), (1024, 768), (1600, 1200), (900, 1200)

SIGNS = (
    Sign("Blue Harbor Coffee", "fascia", "slab", "navy", _L, "(206) 555-0142", hours="Mon-Fri 6:30 - 18:00"),
    Sign(
        "Nguyen & Sons Hardware", "board", "sans", "rust", _L, "(415) 555-0178", slogan="Tools, paint, keys"
    ),
    Sign("The Paper Lantern", "hanging", "serif", "cream", _M, "503-555-0119", slogan="Stationery & gifts"),
    Sign(
        "OAKRIDGE AUTO REPAIR",
        "lightbox",
        "caps",
        "night",
        _XL,
        "(312) 555-0166",
        slogan="Tyres - Brakes - MOT",
    ),
    Sign(
        "Rosa's Taqueria", "awning", "slab", "chili", _L, "(512) 555-0107", hours="Open daily 11:00 - 22:00"
    ),
    Sign("Hill Street/Pharmacy", "fascia", "sans", "green", _M, "+1 617 555 0133"),
    Sign("Kowalski Bakery", "window", "serif", "smoke", _L, "(773) 555-0181", slogan="Bread since 1962"),
    Sign("Little Fox Books", "hanging", "slab", "teal", _L, mail="hello@littlefoxbooks.example"),
    Sign("SUNSET BOWLING", "lightbox", "plain", "violet", _L, "(702) 555-0150"),
    Sign("Marchetti Tailors", "plate", "serif", "brass", _M, "(212) 555-0124", hours="By appointment"),
    Sign(
        "Green Valley/Garden Centre",
        "board",
        "sans",
        "moss",
        _XL,
        "+44 20 7946 0321",
        web="greenvalley.example",
    ),
    Sign("Pier 9 Fish Market", "awning", "condensed", "sea", _L, "(619) 555-0148"),
    Sign(
        "Dr. Amara Okafor/Dentist",
        "plate",
        "sans",
        "white",
        _M,
        "(404) 555-0172",
        mail="desk@okafor-dental.example",
    ),
    Sign(
        "Velvet Hair Studio", "window", "sans", "plum", _TALL, "(305) 555-0115", hours="Tue-Sat 9:00 - 19:00"
    ),
    Sign("Crown Cleaners", "fascia", "condensed", "red", _S, "(718) 555-0193"),
    Sign("Zum Goldenen Hirsch", "hanging", "serif", "brass", _L, "+49 30 23125 042", slogan="Gasthaus"),
    Sign(
        "Boulangerie Dupont", "awning", "serif", "navy", _L, "+33 1 99 00 45 12", slogan="Pains & croissants"
    ),
    Sign("BIG TOP TOYS", "board", "caps", "sun", _M, "1-800-555-0199"),
    Sign("Silva & Costa Wines", "window", "slab", "smoke", _L, mail="order@silvacosta.example"),
    Sign(
        "Northgate Optical",
        "lightbox",
        "plain",
        "ice",
        _L,
        "(303) 555-0127",
        slogan="Eye tests while you wait",
    ),
    Sign(
        "The Rusty Spoke/Bicycle Shop",
        "board",
        "slab",
        "rust",
        _L,
        "(608) 555-0189",
        web="rustyspoke.example",
    ),
    Sign(
        "Patel's Corner Store",
        "fascia",
        "sans",
        "sun",
        _M,
        "(201) 555-0136",
        hours="Open 7 days 6:00 - 23:00",
    ),
    Sign("Luna Flowers", "hanging", "script", "cream", _M, "(323) 555-0158"),
    Sign("HARBORVIEW PIZZA", "lightbox", "condensed", "chili", _XL, "(207) 555-0144", slogan="Wood fired"),
    Sign("Stonebridge Music", "board", "serif", "plum", _S, "(615) 555-0171"),
    Sign(
        "Maple Leaf Furniture",
        "fascia",
        "slab",
        "moss",
        _XL,
        "(416) 555-0126",
        web="mapleleaf-furniture.example",
    ),
    Sign(
        "Quick Fix Phones",
        "window",
        "condensed",
        "night",
        _L,
        "(713) 555-0164",
        slogan="Screens in 30 minutes",
    ),
    Sign("Ortega Law Office", "plate", "serif", "white", _L, "(505) 555-0131", mail="info@ortegalaw.example"),
    Sign("Happy Paws/Pet Supplies", "awning", "plain", "teal", _M, "(919) 555-0102"),
    Sign("Anatolia Grill House", "lightbox", "sans", "red", _L, "(201) 555-0175", hours="12:00 - 23:30"),
    Sign("Whistler's Records", "window", "plain", "violet", _M),
    Sign("Old Mill Antiques", "hanging", "slab", "moss", _TALL, "(802) 555-0110", slogan="Bought & sold"),
    Sign("Jade Garden Noodles", "fascia", "serif", "green", _L, "(626) 555-0187"),
    Sign("IRONWORKS GYM", "board", "caps", "smoke", _L, "(214) 555-0159", hours="Open 24 hours"),
    Sign("Camille's Jewelry", "plate", "script", "night", _M, "(504) 555-0138"),
    Sign(
        "Fresh Fields Grocery",
        "awning",
        "sans",
        "green",
        _XL,
        "(971) 555-0120",
        slogan="Local fruit & vegetables",
    ),
)
