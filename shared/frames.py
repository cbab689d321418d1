"""How a worker process is spoken to: four bytes of length (big endian), then that many bytes.

It says one empty frame when it is ready; then each frame in is a question and each frame out its answer. It
ends when its input does, so it never outlives who started it."""

import os
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO


def read_frame(stream: BinaryIO) -> bytes | None:
    """None at the end of the stream."""
    head = stream.read(4)
    return stream.read(int.from_bytes(head, "big")) if len(head) == 4 else None


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    stream.write(len(payload).to_bytes(4, "big") + payload)
    stream.flush()


def serve(prepare: Callable[[], Callable[[bytes], bytes]]) -> None:
    """The life of a worker: prepares itself, then answers until its input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal
    with os.fdopen(os.dup(1), "wb") as frames_out:
        os.dup2(2, 1)  # what a library prints must not get between the frames
        answer = prepare()
        write_frame(frames_out, b"")
        while (content := read_frame(sys.stdin.buffer)) is not None:
            write_frame(frames_out, answer(content))
