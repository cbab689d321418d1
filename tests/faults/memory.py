"""What a process holds in memory, in MB, as Linux tells it."""

from pathlib import Path


def rss_mb(pid: int) -> float:
    return _field(pid, "VmRSS:")


def peak_mb(pid: int) -> float:
    return _field(pid, "VmHWM:")


def _field(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(name)[2].split()[0]) / 1_024
