"""What is removed from a blob store, and that nothing counts as removed that is not."""

import os
from pathlib import Path

import obstore
import pytest
from obstore.store import LocalStore

from shared.blobs import remove_file, remove_folder


def test_a_file_goes_whether_or_not_it_was_finished(tmp_path: Path) -> None:
    store = LocalStore(prefix=tmp_path)
    for name in ("a/1", "a/11", "a/2"):
        obstore.put(store, name, b"whole")
    half = obstore.open_writer(store, "a/1", buffer_size=1)
    half.write(b"half")
    for _ in range(2):
        remove_file(store, "a/1")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["11", "2"]


def test_a_folder_that_can_not_be_removed_is_to_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(prefix=tmp_path)
    obstore.put(store, "a/1", b"whole")
    assert remove_folder(store, "b"), "what is not there is as good as removed"

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    with monkeypatch.context() as closed:
        closed.setattr(os, "unlink", refused)
        assert not remove_folder(store, "a")
    assert remove_folder(store, "a")
    assert not (tmp_path / "a").exists()
