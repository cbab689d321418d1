"""The process that reads text: `python -m services.analyzer.providers.local_worker`, started by `local.py`.

Frames go in and out by the standard streams: four bytes of length (big endian), then that many bytes. It says
one empty frame when its models are loaded; then each frame in is a picture, each frame out a `Reply`. It ends
when its input does, so it never outlives who started it."""

import io
import os
import signal
import sys
from typing import Any, BinaryIO

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.providers.local_reading import Found, Reply, analysis_of

MAX_PIXELS = 75_000_000
# What a browser shows; Pillow reads more, some of it by starting other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "ICO", "AVIF")
# The engine shrinks to this before it looks for text.
_SIDE = 2000
# Measured on drawn signs: a third of the processor time of the defaults, every line exact.
_ENGINE = {
    "Global.use_cls": False,
    "Global.log_level": "critical",
    "Det.limit_type": "max",
    "Det.limit_side_len": 960,
    "Rec.rec_batch_num": 1,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class UnreadableError(Exception):
    """The message says in words why a picture can't be looked at."""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal
    frames_in, frames_out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    engine = make_engine()
    write_frame(frames_out, b"")
    while (content := read_frame(frames_in)) is not None:
        write_frame(frames_out, msgspec.msgpack.encode(_reply(engine, content)))


def make_engine() -> Any:
    """Detection and recognition models out of the package; nothing is fetched."""
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    engine = RapidOCR(params=_ENGINE)
    engine(_pixels(Image.new("RGB", (64, 64), "white")))  # the models are loaded at the first picture
    return engine


def read(engine: Any, content: bytes) -> Analysis:
    """Raises UnreadableError, or whatever a decoder raises on bytes that are no picture."""
    picture = decode(content)
    result = engine(_pixels(picture))
    if result.txts is None:
        return Analysis(provider="local")
    boxes = [[(float(x), float(y)) for x, y in box] for box in result.boxes]
    found = [Found(*one) for one in zip(boxes, result.txts, map(float, result.scores), strict=True)]
    return analysis_of(found, picture.width, picture.height)


def decode(content: bytes) -> Image.Image:
    """The picture upright in RGB, on white where it is transparent, at most 2,000 pixels wide or high."""
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
    picture.draft("RGB", (_SIDE, _SIDE))  # a JPEG is decoded at a half or less where that is enough
    if picture.mode not in ("RGB", "RGBA", "L"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((_SIDE, _SIDE))  # before anything that needs a second copy
    return _on_white(ImageOps.exif_transpose(picture))


def read_frame(stream: BinaryIO) -> bytes | None:
    """None at the end of the stream."""
    head = stream.read(4)
    return stream.read(int.from_bytes(head, "big")) if len(head) == 4 else None


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    stream.write(len(payload).to_bytes(4, "big") + payload)
    stream.flush()


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(with_alpha, mask=with_alpha)
    return ground


def _reply(engine: Any, content: bytes) -> Reply:
    try:
        return Reply(analysis=read(engine, content))
    except UnreadableError as error:
        return Reply(failure=ImageFailure(str(error)))
    except Exception as error:  # noqa: BLE001
        # Decoders raise anything on hostile bytes; it ends this picture's request and is told to who asked.
        return Reply(failure=ImageFailure(f"The picture can't be decoded ({type(error).__name__})."))


def _pixels(picture: Image.Image) -> Any:
    """An array of height x width x 3 bytes in OpenCV's order, blue first."""
    import numpy

    return numpy.asarray(picture)[:, :, ::-1]


if __name__ == "__main__":
    main()
