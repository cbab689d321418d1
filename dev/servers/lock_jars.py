"""`make lock-kafka`: resolve Kafka's dependencies anew and write kafka.lock."""

from __future__ import annotations

import jgo

from dev.servers.jars import BROKER, LOCK, LOGGING, VERSION, sha256

HEAD = f"""\
# Apache Kafka {VERSION} with its runtime dependencies: coordinate, SHA-256 of the jar.
# `make lock-kafka` writes it anew.
"""


def main() -> None:
    artifacts = [*jgo.resolve(BROKER), jgo.resolve(LOGGING)[0]]
    lines = [f"{a.groupId}:{a.artifactId}:{a.version} {sha256(a.resolve())}\n" for a in artifacts]
    LOCK.write_text(HEAD + "".join(sorted(lines)))


if __name__ == "__main__":
    main()
