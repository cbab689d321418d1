"""`make bench`: figures of one run on the fakes, as ratios against a baseline in the same run.

Nothing here is a gate. Figures of different runs or machines are not comparable; ratios are."""

import argparse

from rich.console import Console

from tests.bench import api, exports, labelled, local, pipeline, store

_PARTS = (
    "way: of the rows; api: the replies; store: results into Postgres; exports: downloads; "
    "labelled: how much of the labelled set is told rightly; "
    "local: what a picture costs without a provider"
)
_DEFAULT = ["way", "api", "store", "exports", "labelled", "local"]
_STORED = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=_DEFAULT, help=_PARTS)
    parser.add_argument("--images", type=int, default=50_000, help="rows of each measured batch")
    parser.add_argument("--analyzers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the measured exports")
    options = parser.parse_args()
    console = Console(width=110)
    if "way" in options.parts:
        pipeline.measure(console, options.images, options.analyzers)
    if "api" in options.parts:
        api.measure(console)
    if "store" in options.parts:
        store.measure(console, _STORED)
    if "exports" in options.parts:
        exports.measure(console, options.rows)
    if "labelled" in options.parts:
        labelled.measure(console)
    if "local" in options.parts:
        local.measure(console)


if __name__ == "__main__":
    main()
