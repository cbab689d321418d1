"""What recognition itself costs: the engine and the decoding, without anything around them.

`python -m tests.bench.own_ocr FOLDER` prints the CPU seconds that all pictures of the folder took."""

import sys
import time
from pathlib import Path

from services.analyzer.providers.local_worker import make_engine, read


def main() -> None:
    contents = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("*.jpg"))]
    engine = make_engine()
    began = time.process_time()
    for content in contents:
        read(engine, content)
    print(time.process_time() - began)


if __name__ == "__main__":
    main()
