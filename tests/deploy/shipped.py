"""The files that are shipped, read: the Dockerfile's environment, compose, both overlays as rendered."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
OVERLAYS = ("local", "production")
TOOL_SECONDS = 60
Manifest = dict[str, Any]


def tool(*words: str | Path) -> str:
    """What a tool of the environment prints; it has to end well."""
    command = [str(BIN / words[0]), *map(str, words[1:])]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def version() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


@cache
def image_environment() -> dict[str, str]:
    """What the image sets for every service."""
    joined = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    words = [word for line in joined.splitlines() if line.startswith("ENV ") for word in line.split()[1:]]
    return dict(word.split("=", 1) for word in words)


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@cache
def rendered(overlay: str) -> list[Manifest]:
    return [*yaml.safe_load_all(tool("kubectl", "kustomize", f"k8s/{overlay}"))]


def of_kind(overlay: str, kind: str) -> dict[str, Manifest]:
    """By name."""
    return {found["metadata"]["name"]: found for found in rendered(overlay) if found["kind"] == kind}


def workloads(overlay: str) -> dict[str, Manifest]:
    """Everything that runs pods, by name."""
    kinds = ("Deployment", "StatefulSet", "Job")
    return {name: found for kind in kinds for name, found in of_kind(overlay, kind).items()}


def pod(workload: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = workload["spec"]["template"]["spec"]
    return found


def container(workload: Manifest) -> dict[str, Any]:
    """The only one of a pod."""
    [only] = pod(workload)["containers"]
    found: dict[str, Any] = only
    return found


def shell_reads(script: Path) -> None:
    """A shell that knows POSIX alone can read it."""
    subprocess.run(["sh", "-n", str(script)], check=True, timeout=TOOL_SECONDS)
