"""How many different addresses a file has: exactly, in constant memory, whatever the file."""

import tempfile

from shared.cache_keys import DIGEST_BYTES

BUCKETS = 256
# An open block a bucket: 4 MB in all. Of 20 million different addresses a bucket has 80,000, 8 MB as a set.
_BLOCK = 16 << 10


class Digests:
    """Digests of addresses in a file without a name, spread over buckets that are small enough to be held
    one after the other. `close` it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        self._open = [bytearray() for _ in range(BUCKETS)]
        self._written: list[list[int]] = [[] for _ in range(BUCKETS)]
        self._end = 0

    def add(self, digest: bytes) -> None:
        # Not by a byte of the digest: `hash` is salted in each process, so nobody can aim at one bucket.
        bucket = hash(digest) % BUCKETS
        block = self._open[bucket]
        block += digest
        if len(block) >= _BLOCK:
            self._file.write(block)
            self._written[bucket].append(self._end)
            self._end += _BLOCK
            block.clear()

    def distinct(self, bucket: int) -> set[bytes]:
        """The different ones of a bucket. To be called when all are added."""
        found = _parts(self._open[bucket])
        for at in self._written[bucket]:
            self._file.seek(at)
            found |= _parts(self._file.read(_BLOCK))
        return found

    def close(self) -> None:
        self._file.close()


def _parts(block: bytes | bytearray) -> set[bytes]:
    return {bytes(block[at : at + DIGEST_BYTES]) for at in range(0, len(block), DIGEST_BYTES)}
