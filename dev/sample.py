"""The sample: pictures that this module draws, the truth beside each, and a CSV that names them.

`python -m dev.sample FOLDER BASE_URL` draws into FOLDER and prints the CSV's path."""

import csv
import hashlib
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, ImageFilter

from dev.sample_scenes import SCENES
from dev.sample_signs import SIGNS, Sign
from dev.sample_styles import draw_sign

BRANCHES = (
    "Austin",
    "Berlin Mitte",
    "Leeds",
    "Lyon 3e",
    "Osaka",
    "São Paulo",
    "Toronto, ON",
    'Turin "Centro"',
)
_DONE = "complete.json"
_MISSING = "sign-00.jpg"
_NO_URL = "not a link, ask the branch"


@dataclass(frozen=True)
class Picture:
    """`draw` gives the scene as seen straight on; `truth` is what stands in the JSON beside it."""

    file: str
    truth: dict[str, str | bool]
    draw: Callable[[random.Random], Image.Image]


def make(folder: Path, base_url: str) -> Path:
    """Draws the pictures and writes `sample.csv` (url, branch), whose URLs are `base_url`/sample/FILE. The
    same bytes every time; a folder that these sources have filled before is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _complete(folder):
        _draw_all(folder)
    path = folder / "sample.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("url", "branch"))
        writer.writerows(csv_rows(base_url))
    return path


def csv_rows(base_url: str) -> list[tuple[str, str]]:
    """URL and branch of each row: all pictures, the first once more, a missing picture, no URL at all."""
    drawn = [picture.file for picture in pictures()]
    files = [*drawn, *broken(), drawn[0], _MISSING]
    urls = [f"{base_url.rstrip('/')}/sample/{file}" for file in files] + [_NO_URL]
    return [(url, BRANCHES[row % len(BRANCHES)]) for row, url in enumerate(urls)]


def pictures() -> list[Picture]:
    """All pictures that can be decoded, in the order of the CSV."""
    suffixes = (".jpg", ".jpg", ".png", ".jpg", ".webp")
    signs = [
        Picture(f"sign-{number:02d}{suffixes[number % 5]}", _truth(sign), partial(draw_sign, sign))
        for number, sign in enumerate(SIGNS, start=1)
    ]
    nothing: dict[str, str | bool] = {"name": "", "phone": "", "mail": "", "is_store": False}
    others = [
        Picture(f"other-{number:02d}.jpg", nothing, scene) for number, scene in enumerate(SCENES, start=1)
    ]
    return signs + others


def broken() -> dict[str, bytes]:
    """Files that look like pictures by their names only."""
    return {
        "broken-01.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(900),
        "broken-02.png": b"Not found\n" * 40,
    }


def _truth(sign: Sign) -> dict[str, str | bool]:
    return {"name": sign.whole_name, "phone": sign.phone, "mail": sign.mail, "is_store": True}


def _draw_all(folder: Path) -> None:
    for picture in pictures():
        rng = random.Random(picture.file)
        path = folder / picture.file
        _photograph(picture.draw(rng), rng).save(path, quality=88, compress_level=1)
        path.with_suffix(".json").write_text(json.dumps(picture.truth, ensure_ascii=False), encoding="utf-8")
    for file, content in broken().items():
        (folder / file).write_bytes(content)
    # Written last: a folder without it is drawn again.
    (folder / _DONE).write_text(json.dumps(_sources()))


def _photograph(scene: Image.Image, rng: random.Random) -> Image.Image:
    """The scene from a little beside it, a little out of focus, with the grain of a small sensor."""
    w, h = scene.size
    x0, y0, x1, y1, x2, y2, x3, y3 = (rng.uniform(0, 0.03) * side for side in (w, h) * 4)
    corners = (
        x0,
        y0,
        x1,
        h - y1,
        w - x2,
        h - y2,
        w - x3,
        y3,
    )  # upper left, lower left, lower right, upper right
    seen = scene.transform((w, h), Image.Transform.QUAD, corners, Image.Resampling.BILINEAR)
    grain = Image.frombytes("L", (w, h), rng.randbytes(w * h)).convert("RGB")
    return Image.blend(seen.filter(ImageFilter.BoxBlur(rng.uniform(0.1, 0.6))), grain, 0.05)


def _complete(folder: Path) -> bool:
    done = folder / _DONE
    if not done.is_file() or done.read_text() != json.dumps(_sources()):
        return False
    return all((folder / file).is_file() for file in [*(picture.file for picture in pictures()), *broken()])


def _sources() -> dict[str, str]:
    """The hashes of what draws: a change there draws everything again."""
    files = sorted(Path(__file__).parent.glob("sample*.py"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


if __name__ == "__main__":
    print(make(Path(sys.argv[1]), sys.argv[2]))
