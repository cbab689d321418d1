"""Schemathesis at the running gateway, with all checks on. `make fuzz` sends many more requests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.documented import World

_ROOT = Path(__file__).parents[2]
_EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "3")


# On a quiet machine an example takes 11 s over all operations.
@pytest.mark.timeout(100 * int(_EXAMPLES))
def test_schemathesis_finds_nothing(live: World, tmp_path: Path) -> None:
    for batch in ("whole", "running"):
        live.with_results(batch, *((4, 0) if batch == "whole" else (2, 1)))
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(_ROOT / "schemathesis.toml"),
        "run", f"{live.gateway.url}/openapi.json", f"--max-examples={_EXAMPLES}",
        "--no-color", "--request-timeout=20", "--warnings=off",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
