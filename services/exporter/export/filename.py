"""What a download is called, safe in a ZIP whatever the batch is called."""

import re
from collections.abc import Iterable, Iterator

from services.exporter.export.plan import Facts, Plan
from shared.exporting import Export, Format, Shape

# Control characters, and what file systems or headers give a meaning to.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|]+')
_LONGEST_NAME = 100


def file_of(plan: Plan, export: Export) -> str:
    if export.shape is Shape.ZIP:
        return "batches-results.zip"
    if len(plan.batches) != 1:
        return f"batches-results.{export.format}"
    return filename(plan.batches[0], export.format)


def filename(batch: Facts, extension: str) -> str:
    """`NAME-results.csv`; of an unfinished batch `NAME-results-partial-N-of-M.csv`."""
    stem = _UNSAFE.sub("_", batch.name).strip(" ._")[:_LONGEST_NAME] or "batch"
    partial = batch.processed < batch.total_urls
    part = f"-partial-{batch.processed}-of-{batch.total_urls}" if partial else ""
    return f"{stem}-results{part}.{extension}"


def apart(files: Iterable[str]) -> Iterator[str]:
    """The same names, but each once, also on file systems that ignore case."""
    seen: set[str] = set()
    for file in files:
        stem, extension = _split(file)
        fresh, number = file, 1
        while fresh.casefold() in seen:
            number += 1
            fresh = f"{stem}-{number}{extension}"
        seen.add(fresh.casefold())
        yield fresh


def _split(file: str) -> tuple[str, str]:
    """`a.csv.gz` has two endings."""
    extension = next(
        f".{kind}" for kind in sorted(Format, key=len, reverse=True) if file.endswith(f".{kind}")
    )
    return file.removesuffix(extension), extension
