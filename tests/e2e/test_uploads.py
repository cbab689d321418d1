"""Files as people have them: every data row has one result, or the upload is refused in words."""

import struct

import pytest

from tests.workload import World

_PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(200)


def _files(good: list[str]) -> dict[str, tuple[bytes, int]]:
    a, b, c = good
    return {
        "a byte order mark": (f"\ufeffurl\n{a}\n{b}\n".encode(), 2),
        "CRLF": (f"url,x\r\n{a},1\r\n{b},2\r\n".encode(), 2),
        "quoted newlines": (f'url,x\n{a},"one\ntwo\n\nthree"\n{b},z\n'.encode(), 2),
        "ragged rows": (f"url,x,y\n{a}\n{b},1,2,3,4,5\n\n{c},1\n".encode(), 3),
        "a NUL byte": (f"url,x\n{a},1\x002\n{b},\x00\n".encode(), 2),
        "latin-1": (f"url,città\n{a},già\n{b},perché\n".encode("latin-1"), 2),
        "a 64 KB cell": (f"url,x\n{a},{'w' * 65_536}\n{b},1\n".encode(), 2),
        "semicolons": (f"name;url\nx;{a}\ny;{b}\n".encode(), 2),
        "no newline at the end": (f"url\n{a}\n{b}".encode(), 2),
        "an unclosed quote": (f'url,x\n{a},"open\n{b},1\n{c},2\n'.encode(), 3),
        "no header": (f"{a}\n{b}\n".encode(), 2),
    }


def test_every_data_row_of_an_odd_file_has_one_result(running: World) -> None:
    made = {}
    for number, (name, (body, count)) in enumerate(_files(running.urls(3, first=60_000)).items()):
        made[name] = (running.submit_file(body, batch_name=f"odd {number}"), count)
    for name, (batch, count) in made.items():
        running.wait_end(batch)
        rows = running.export(batch)
        assert [int(row["row_no"]) for row in rows] == list(range(1, count + 1)), name


@pytest.mark.parametrize(
    ("body", "word"),
    [(b"", "empty"), (b"url\n", "header"), (b"url,name\r\n\r\n", "header"), (_PNG, "CSV")],
)
def test_a_file_without_rows_is_refused_in_words(running: World, body: bytes, word: str) -> None:
    reply = running.http.post("/api/v1/batches", files={"file": ("urls.csv", body)})
    assert reply.status_code == 400
    answer = reply.json()
    assert answer["success"] is False
    assert word.lower() in answer["error"].lower(), answer
