"""One advisory lock's number means one thing in the whole database."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NUMBER = re.compile(r"(?:_LOCK = |pg_advisory_\w+\()(\d[\d_]+)")


def test_no_two_locks_share_a_number() -> None:
    files = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.*")]
    texts = [path.read_text() for path in files if path.suffix in (".py", ".sql")]
    numbers = Counter(int(number) for text in texts for number in _NUMBER.findall(text))
    assert len(numbers) >= 3, "migrations, ingest's starts, the quota's first epoch"
    assert set(numbers.values()) == {1}
