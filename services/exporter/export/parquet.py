"""Records as lines of JSON to a Parquet file, as they come: a group of rows is all that is held. A process of
its own (converter.py): its standard input is a line with the names of the columns, then the records."""

import io
from collections.abc import Sequence
from typing import Any

import msgspec
from arro3.core import DataType, Field, Schema
from arro3.io import read_json, write_parquet

from services.exporter.export.columns import Kind, kinds

# What makes a group: 10,000 rows of 1 KB. Wider rows make smaller groups.
_GROUP_BYTES = 16 << 20
_MOST_ROWS, _FEWEST_ROWS = 10_000, 64
# Rows that are parsed at a time.
_BATCH_ROWS = 512
_SAMPLE = 1 << 18
_TYPES = {
    Kind.BOOLEAN: DataType.bool(),
    Kind.WHOLE: DataType.int64(),
    Kind.NUMBER: DataType.float64(),
    Kind.TIME: DataType.timestamp("us", tz="UTC"),
}


def schema(names: Sequence[str]) -> Schema:
    """Every column may be null; what is no boolean, number or time is a string."""
    fields = zip(names, kinds(names), strict=True)
    return Schema([Field(name, _TYPES.get(kind, DataType.string()), nullable=True) for name, kind in fields])


def main() -> None:
    lines, file = io.BufferedReader(io.FileIO(0), _SAMPLE), io.BufferedWriter(io.FileIO(1, "wb"), _SAMPLE)
    write(lines, file, msgspec.json.decode(lines.readline(), type=list[str]))


def write(lines: "io.BufferedReader[Any]", file: "io.BufferedWriter[Any]", names: Sequence[str]) -> None:
    """Until the last line. Compressed with zstd."""
    rows = rows_of_group(lines.peek(_SAMPLE))
    records = read_json(lines, schema(names), batch_size=min(rows, _BATCH_ROWS))
    write_parquet(records, file, compression="zstd(1)", max_row_group_size=rows)
    file.flush()


def rows_of_group(sample: bytes) -> int:
    """By the width of the first lines."""
    width = len(sample) // max(1, sample.count(b"\n")) or 1
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _GROUP_BYTES // width))


if __name__ == "__main__":
    main()
