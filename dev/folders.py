"""Where things lie in DATA_DIR. The names under run/ and logs/ are an interface (README)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dev.problems import StartProblem


@dataclass(frozen=True)
class Folders:
    """The folders of one system; `data` is absolute."""

    data: Path

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    def pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"

    def log_file(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def make_folders(data: Path) -> Folders:
    """Make DATA_DIR with its run/ and logs/. Raises StartProblem where that is not allowed."""
    folders = Folders(data.expanduser().absolute())
    for folder in (folders.data, folders.run, folders.logs):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartProblem(
                f"The data folder {folder} can't be made ({error.strerror}). "
                "Name another one: DATA_DIR=/some/folder make run"
            ) from error
    return folders
