"""Pictures as a person sees them. Only ever in a worker process: decoders are where hostile bytes do harm."""

import io

import pi_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from services.analyzer.dimensions import MAX_PIXELS

# What a browser shows, and what phones take; Pillow reads more, some of it by starting other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "ICO", "AVIF", "HEIF")
pi_heif.register_heif_opener()


class UnreadableError(Exception):
    """The message says in words why a picture can't be looked at."""


def decode(content: bytes, side: int) -> Image.Image:
    """The picture upright in RGB, on white where it is transparent, at most `side` pixels wide or high; of an
    animation or a file of pages the first."""
    if not content:
        raise UnreadableError("The file is empty.")
    try:
        picture: Image.Image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError:
        raise UnreadableError("The file is not a picture that can be read.") from None
    except Image.DecompressionBombError:
        raise UnreadableError("The picture has more than 75 megapixels.") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise UnreadableError("The picture has more than 75 megapixels.")
    picture.draft("RGB", (side, side))  # a JPEG is decoded at a half or less where that is enough
    if picture.mode not in ("RGB", "RGBA", "L"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((side, side))  # before anything that needs a second copy
    return _on_white(ImageOps.exif_transpose(picture))


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(with_alpha, mask=with_alpha)
    return ground
