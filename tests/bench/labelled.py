"""The labelled set's scores, with every miss, so that it can be improved; and what interpreting costs."""

import asyncio
import time
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.analyzer.analysis import Analysis
from services.analyzer.interpret import document, interpret
from services.analyzer.providers.google_answers import analysis_of
from tests.labelled.answers import answer_for
from tests.labelled.local import read_all
from tests.labelled.pictures import Picture, pictures
from tests.labelled.score import COLUMNS, Score, score

_ROUNDS = 5


def measure(console: Console) -> None:
    vision = [
        (picture, answer)
        for picture in pictures()
        if isinstance(answer := analysis_of(answer_for(picture), "key"), Analysis)
    ]
    console.print(f"interpreting: {_cost(vision):.0f} \u00b5s CPU an image (documents included)")
    _report(console, "answers like Vision's", score(vision))
    began = time.monotonic()
    local = asyncio.run(read_all())
    console.print(f"local recognition: {time.monotonic() - began:.0f} s for {len(local)} pictures")
    _report(console, "local", score(local))


def _cost(told: Sequence[tuple[Picture, Analysis]]) -> float:
    """Microseconds an image, of the fastest of some rounds: others use this machine, too."""
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for picture, analysis in told:
            document(analysis, interpret(analysis, picture.region))
        rounds.append(time.process_time() - began)
    return 1e6 * min(rounds) / len(told)


def _report(console: Console, provider: str, found: Score) -> None:
    table = Table(title=f"The labelled set: {provider}")
    for column in ("column", "right", "of", "score"):
        table.add_column(column, justify="left" if column == "column" else "right")
    for column in COLUMNS:
        measure_of = f"{column} (F1)" if column == "store_image" else column
        share = f"{found.shares[column]:.3f}"
        table.add_row(measure_of, str(found.right[column]), str(found.counted[column]), share)
    console.print(table)
    misses = Table(title=f"Misses: {provider}")
    for column in ("no", "kind", "column", "told", "true", "sure"):
        misses.add_column(column)
    for miss in found.misses:
        sure = "" if miss.confidence is None else f"{miss.confidence:.2f}"
        texts = (miss.picture.kind, miss.column, escape(miss.told), escape(miss.true), sure)
        misses.add_row(str(miss.picture.number), *texts)
    console.print(misses)
