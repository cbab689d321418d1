"""The process that reads text: `python -m services.analyzer.providers.local_worker`, started by `local.py`.
It is ready when its models are loaded; each question is a picture, each answer a `Reply`."""

from collections.abc import Callable
from typing import Any

import msgspec
from PIL import Image

from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.decoding import UnreadableError, decode
from services.analyzer.providers.local_reading import Found, Reply, analysis_of
from shared.frames import serve

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


def main() -> None:
    serve(_prepare)


def _prepare() -> Callable[[bytes], bytes]:
    engine = make_engine()
    return lambda content: msgspec.msgpack.encode(_reply(engine, content))


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
    picture = decode(content, _SIDE)
    result = engine(_pixels(picture))
    if result.txts is None:
        return Analysis(provider="local")
    boxes = [[(float(x), float(y)) for x, y in box] for box in result.boxes]
    found = [Found(*one) for one in zip(boxes, result.txts, map(float, result.scores), strict=True)]
    return analysis_of(found, picture.width, picture.height)


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
