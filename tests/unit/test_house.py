"""The house's own rules that no linter knows."""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCTION = ("services", "shared", "dev", "clients/python")
LONGEST_FUNCTION = 60


def sources() -> list[Path]:
    return sorted(path for folder in PRODUCTION for path in (ROOT / folder).rglob("*.py"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name}, {length} lines"
        for path in sources()
        for node in functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not long


def test_the_median_file_is_about_a_hundred_lines() -> None:
    lengths = [len(path.read_text().splitlines()) for path in sources() if path.name != "__init__.py"]
    assert statistics.median(lengths) <= 120


def test_sql_files_hold_one_statement() -> None:
    folders = [path for folder in PRODUCTION for path in (ROOT / folder).rglob("sql/*.sql")]
    several = [path for path in folders if path.read_text().rstrip().rstrip(";").count(";\n") > 0]
    assert not several


@pytest.mark.parametrize(
    "name", ["requirements.lock", "pyproject.toml", "Makefile", "dev/servers/kafka.lock"]
)
def test_no_registry_address_stands_in_what_installs(name: str) -> None:
    assert "://" not in (ROOT / name).read_text().replace("http://localhost", "")


def test_what_make_run_makes_is_not_committed() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no repository here")
    command = ["git", "ls-files", ".data", ".venv", ".env"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert listed.stdout == ""


def test_the_tests_of_a_file_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """A file that parts starts its servers twice: pytest-xdist tells its groups by the end of a test's id."""
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@test_house.py")
