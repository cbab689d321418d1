"""What the documents name is there: pages, files, targets of make, programs, requests of the API."""

import re
import subprocess
from pathlib import Path

import pytest

from services.gateway.app import make_app
from services.gateway.openapi.document import document

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "clients").rglob("*.md")])
NAMED = [page.relative_to(ROOT).as_posix() for page in PAGES]
# The contract as it was given, with what is wrong in it.
GIVEN = "docs/api.md"
_FOLDERS = "services|shared|dev|clients|tests|docs|docker|k8s|observability"

_REQUEST = re.compile(r"\b(GET|POST|DELETE) (/(?:api|admin)/[^\s`?,)]+)\??([^\s`)]*)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def anchors(page: Path) -> set[str]:
    """As the usual viewers of Markdown make them of headings."""
    titles = re.findall(r"^#+ +(.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", [name for name in NAMED if name != GIVEN])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for link in re.findall(r"\]\((?!https?://)([^)\s]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", NAMED)
def test_files_and_programs_that_are_named_exist(name: str) -> None:
    text = text_of(name).replace("services/NAME/", "services/gateway/")
    for path in re.findall(rf"(?<![\w./-])((?:{_FOLDERS})/[\w./-]*\w)(?![\w*])", text):
        assert (ROOT / path).exists() or (ROOT / "services" / path).exists(), path
    for module in re.findall(r"python -m ((?:services|dev|tests)[\w.]*)", text):
        place = ROOT / module.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


def test_targets_of_make_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = {target for name in NAMED for target in re.findall(r"(?:`|```\n)make ([a-z-]+)", text_of(name))}
    assert named <= targets
    command = ["make", "--no-print-directory", "help"]  # make test runs this inside of make
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert {line.split()[0] for line in told.stdout.splitlines()} == targets


def test_requests_that_are_named_are_taken_as_they_are_written() -> None:
    """A parameter behind the question mark is one of the query, not of the body."""
    described = document(make_app(None))["paths"]  # type: ignore[arg-type]  # no request is served
    taken = {
        (method, re.sub(r"{\w+}", "ID", path)): {parameter["name"] for parameter in one["parameters"]}
        for path, methods in described.items()
        for method, one in methods.items()
    }
    wrong = []
    for name in set(NAMED) - {GIVEN}:
        for method, path, query in _REQUEST.findall(text_of(name)):
            one = method.lower(), re.sub(r"{\w+}|[A-Z]+(?:_[A-Z]+)*", "ID", path)
            given = {part.partition("=")[0] for part in query.split("&") if part}
            if one not in taken or not given <= taken[one]:
                wrong.append((name, f"{method} {path}", given))
    assert not wrong
