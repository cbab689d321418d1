"""Ports that stay the same."""

import socket
from pathlib import Path

from dev.ports import HIGHEST, LOWEST, Ports, is_free


def test_a_port_is_remembered_by_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = Ports(file)
    assert first.get("kafka") == first.get("kafka")
    assert first.get("kafka") != first.get("redis")
    assert Ports(file).get("kafka") == first.get("kafka")


def test_a_port_that_something_else_took_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    port = Ports(file).get("redis")
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        assert Ports(file).get("redis") != port


def test_a_broken_file_of_ports_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text("{half")
    port = Ports(file).get("redis")
    assert LOWEST <= port < HIGHEST
    assert Ports(file).get("redis") == port
