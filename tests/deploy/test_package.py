"""What is installed needs no checkout: five services as an ordinary user, from a read-only tree."""

from __future__ import annotations

import csv
import io
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dev.image_size import BASE, MOST, install, sizes
from dev.ports import free_port
from dev.sample_signs import SIGNS
from dev.sample_styles import draw_sign
from tests.deploy import installed
from tests.deploy.installed import Installed
from tests.fakes.process import image_process, vision_process
from tests.local_servers import data_folder
from tests.workload import environment, until

ROWS = 40


@pytest.fixture(scope="module")
def package() -> Iterator[Installed]:
    with data_folder() as folder:
        yield installed.make(folder)


def test_the_image_stays_under_300_mb(package: Installed) -> None:
    assert BASE + sizes(package.tree).total() < MOST


def test_nothing_of_the_development_tools_is_in_it(package: Installed) -> None:
    found = {path.name for path in package.tree.glob("lib/python*/site-packages/*")}
    assert {"services", "shared", "image_analyzer"} <= found
    assert not {"dev", "tests", "pytest", "mypy", "pip", "setuptools", "rapidocr", "onnxruntime"} & found


@pytest.mark.timeout(240)
def test_a_batch_goes_its_whole_way(
    package: Installed, database_url: str, redis_url: str, kafka: str, topic_prefix: str
) -> None:
    port = free_port()
    secret = package.data / "database_url"
    secret.write_text(f"{database_url}\n")
    secret.chmod(0o444)
    servers = {
        "DATABASE_URL_FILE": str(secret),
        "REDIS_URL": redis_url,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "TOPIC_PREFIX": topic_prefix,
        "BLOB_URL": (package.data / "blobs").as_uri(),
        "PORT": str(port),
    }
    package.run("services.migrate", servers)
    with (
        image_process() as images,
        vision_process() as vision,
        installed.services(package, environment(vision, images, servers)),
    ):
        _use(f"http://127.0.0.1:{port}", [f"{images.url}/good/{n}.jpg?size=40000" for n in range(ROWS)])


def _use(url: str, lines: list[str]) -> None:
    with httpx.Client(base_url=url, timeout=30) as http:
        for page in ("/", "/docs", "/openapi.json", "/admin"):
            assert http.get(page).status_code == 200, page
        body = "\n".join(["url", *lines]).encode()
        reply = http.post("/api/v1/batches", files={"file": ("urls.csv", body)})
        assert reply.status_code == 201, reply.text
        batch = reply.json()["data"]["batch_id"]
        until(
            lambda: http.get(f"/api/v1/batches/{batch}/progress").json()["data"]["status"] == "completed", 60
        )
        table = http.get(f"/api/v1/export/batch/{batch}", params={"format": "csv"}).text
        assert [row["success"] for row in csv.DictReader(io.StringIO(table))] == ["true"] * ROWS
        assert http.get(f"/api/v1/export/batch/{batch}", params={"format": "xlsx"}).status_code == 200


READ_A_SIGN = """
import sys
from services.analyzer.providers.local_worker import make_engine, read
print(read(make_engine(), sys.stdin.buffer.read()))
"""


@pytest.mark.timeout(240)
def test_the_image_with_text_recognition_reads_a_sign(tmp_path: Path) -> None:
    """What is left out of its packages is not missed: a library that was stripped wrongly can't be loaded."""
    install(tmp_path / "app", "--extra", "local")
    [sign, *_] = [sign for sign in SIGNS if sign.size == (640, 480) and sign.phone]
    picture = io.BytesIO()
    draw_sign(sign, random.Random(3)).save(picture, "JPEG", quality=90)
    command = [str(tmp_path / "app" / "bin" / "python"), "-c", READ_A_SIGN]
    done = subprocess.run(
        command, input=picture.getvalue(), capture_output=True, cwd=tmp_path, env={}, timeout=120, check=True
    )
    assert sign.phone in done.stdout.decode()


def test_the_locked_tools_of_the_build_are_those_of_make() -> None:
    root = Path(__file__).parents[2]
    version = (root / "Makefile").read_text().partition("UV_VERSION := ")[2].split()[0]
    assert f"uv=={version}" in (root / "Dockerfile").read_text()
