"""`python -m dev.image_size`: what the image would hold, in MB, made by the script that Dockerfile runs.

No container engine is needed: packages go into an empty folder, and the base is a stated figure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
MB = 1_000_000
# python:3.13-slim unpacked, for linux/amd64: `docker images` shows 120 to 129 MB, by who pulled it and when.
BASE = 129 * MB
# Without text recognition.
MOST = 300 * MB
INSTALL_SECONDS = 300
SHOWN = 12


def install(target: Path, *options: str, python: Path | None = None) -> None:
    """What docker/install.sh makes, by this Python or another. Raises subprocess.CalledProcessError."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, "PYTHON": str(python or os.path.realpath(sys.executable))}
    environment.pop("PYTHONPATH", None)
    command = ["sh", "docker/install.sh", str(target), *options]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=INSTALL_SECONDS)


def sizes(target: Path) -> Counter[str]:
    """Bytes of each package's folder or file under site-packages, and of all the rest."""
    found: Counter[str] = Counter()
    for path in target.rglob("*"):
        if path.is_file() and not path.is_symlink():
            inside = path.relative_to(target).parts
            place = inside.index("site-packages") + 1 if "site-packages" in inside else 0
            found[inside[place] if place else "(the environment itself)"] += path.stat().st_size
    return found


def main() -> int:
    options = ("--extra", "local") if "--ocr" in sys.argv[1:] else ()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "app"
        install(target, *options)
        found = sizes(target)
    total = BASE + found.total()
    for name, size in [("base image (stated)", BASE), *found.most_common(SHOWN)]:
        print(f"{size / MB:8.1f}  {name}")
    print(f"{total / MB:8.1f}  in all; {found.total() / MB:.1f} of them ours")
    if not options and total > MOST:
        print(f"That is more than {MOST / MB:.0f} MB.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
