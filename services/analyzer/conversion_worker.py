"""The process that makes a JPEG of what the provider does not take: `python -m
services.analyzer.conversion_worker`, started by `conversion.py`."""

import io
import resource
import sys

import msgspec

from services.analyzer.conversion_reply import MAX_JPEG_BYTES, Reply
from services.analyzer.decoding import UnreadableError, decode
from shared.frames import serve

# Small print is still read at the first; noise that does not compress needs the others.
_SIDES = (4096, 2048, 1024)
_QUALITY = 90
# 75 megapixels with transparency are 300 MB, and a copy of them is needed.
_MOST_MEMORY = 2 * 1024**3


def main() -> None:
    if sys.platform == "linux":  # elsewhere the kernel does not keep to it
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    serve(lambda: answer)


def answer(content: bytes) -> bytes:
    return msgspec.msgpack.encode(_reply(content))


def smaller(content: bytes) -> bytes:
    """A JPEG of at most MAX_JPEG_BYTES. Raises UnreadableError, or what decoders raise on hostile bytes."""
    for side in _SIDES:
        picture, out = decode(content, side), io.BytesIO()
        picture.save(out, "JPEG", quality=_QUALITY)
        if out.tell() <= MAX_JPEG_BYTES:
            break
    return out.getvalue()


def _reply(content: bytes) -> Reply:
    try:
        return Reply(jpeg=smaller(content))
    except UnreadableError as error:
        return Reply(failure=str(error))
    except MemoryError:
        return Reply(failure="The picture takes too much memory to decode.")
    except Exception as error:  # noqa: BLE001
        # Decoders raise anything on hostile bytes; it ends this picture's request and is told to who asked.
        return Reply(failure=f"The picture can't be decoded ({type(error).__name__}).")


if __name__ == "__main__":
    main()
