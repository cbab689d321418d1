"""Images are pinned, secrets come by reference, containers may do no more than they need."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.migrate import FOLDERS
from shared.topics import PARTITIONS
from tests.deploy import shipped
from tests.deploy.shipped import OVERLAYS, ROOT, container, pod

PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
OURS = re.compile(rf"(registry\.example\.com/)?image-analyzer:{re.escape(shipped.version())}(-ocr)?")
# A setting that holds a secret never stands in a file: it is given as NAME_FILE.
SECRETS = {"DATABASE_URL", "AUTH_SECRET", "VISION_API_KEYS", "GEMINI_API_KEYS"}
WITH_PASSWORD = re.compile(r"://[^/\s]*:[^/\s]+@")
SERVICES = sorted(set(FOLDERS) - {"lifecycle"})


def images() -> list[str]:
    bases = re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    composed = [service["image"] for service in shipped.compose()["services"].values()]
    clustered = [container(found)["image"] for name in OVERLAYS for found in shipped.workloads(name).values()]
    assert bases
    return [*bases, *composed, *clustered]


def test_every_image_is_pinned() -> None:
    """Those of others by tag and digest, our own by the version of this tree."""
    assert [image for image in images() if not PINNED.fullmatch(image) and not OURS.fullmatch(image)] == []


def test_tests_use_the_servers_that_are_shipped() -> None:
    composed = shipped.compose()["services"]
    local = shipped.of_kind("local", "StatefulSet")
    text = (ROOT / "tests" / "docker_servers.py").read_text()
    for name in ("kafka", "postgres", "redis"):
        assert container(local[name])["image"] == composed[name]["image"]
        assert f'= "{composed[name]["image"]}"' in text, name


def test_no_secret_stands_in_a_file() -> None:
    given: list[tuple[str, dict[str, Any]]] = [
        (name, service.get("environment", {})) for name, service in shipped.compose()["services"].items()
    ]
    for overlay in OVERLAYS:
        given += [(overlay, found["data"]) for found in shipped.of_kind(overlay, "ConfigMap").values()]
        given += [
            (
                name,
                {variable["name"]: variable.get("value", "") for variable in container(found).get("env", [])},
            )
            for name, found in shipped.workloads(overlay).items()
        ]
        assert not shipped.of_kind(overlay, "Secret")
    for name, variables in given:
        for variable, value in variables.items():
            assert variable not in SECRETS, f"{name}: {variable}"
            assert not re.search(r"(PASSWORD|SECRET|KEYS)$", variable), f"{name}: {variable}"
            assert not WITH_PASSWORD.search(str(value)), f"{name}: {variable}"


def test_compose_gives_secrets_as_files_that_no_repository_holds() -> None:
    composed = shipped.compose()
    asked = {name for service in composed["services"].values() for name in service.get("secrets", [])}
    assert asked == set(composed["secrets"])
    for name, secret in composed["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
        assert f"keep {name} " in (ROOT / "docker" / "secrets.sh").read_text()
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("service", [*SERVICES, "migrate"])
def test_compose_confines_what_is_ours(service: str) -> None:
    found = shipped.compose()["services"][service]
    assert (found["read_only"], found["cap_drop"]) == (True, ["ALL"])
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert ("/tmp" in found["tmpfs"]) or any(volume.endswith(":/tmp") for volume in found["volumes"])


def test_everything_in_compose_has_a_bound_of_memory_and_stays_on_this_machine() -> None:
    for name, service in shipped.compose()["services"].items():
        assert service["mem_limit"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_are_restricted_as_the_standard_has_it(overlay: str) -> None:
    namespace = shipped.of_kind(overlay, "Namespace")["image-analyzer"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, workload in shipped.workloads(overlay).items():
        whole, only = pod(workload)["securityContext"], container(workload)["securityContext"]
        assert whole["runAsNonRoot"] is True, name
        assert whole["runAsUser"] > 0, name
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert only["allowPrivilegeEscalation"] is False, name
        assert only["capabilities"] == {"drop": ["ALL"]}, name
        assert pod(workload)["automountServiceAccountToken"] is False, name
        volumes = (
            {kind for volume in pod(workload)["volumes"] for kind in volume if kind != "name"}
            if ("volumes" in pod(workload))
            else set()
        )
        assert volumes <= {"emptyDir", "secret", "persistentVolumeClaim"}, name


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_probed_bounded_spread_and_given_time(overlay: str, service: str) -> None:
    workload = shipped.of_kind(overlay, "Deployment")[service]
    only = container(workload)
    assert only["securityContext"]["readOnlyRootFilesystem"] is True
    assert (
        only["livenessProbe"]["httpGet"]
        == only["startupProbe"]["httpGet"]
        == {"path": "/livez", "port": "ops"}
    )
    assert only["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "ops"}
    assert {"cpu", "memory"} <= set(only["resources"]["requests"])
    assert {"memory", "ephemeral-storage"} <= set(only["resources"]["limits"])
    assert pod(workload)["terminationGracePeriodSeconds"] > 30 + _seconds_before_the_signal(only)
    assert len(pod(workload)["topologySpreadConstraints"]) == 2
    budget = shipped.of_kind(overlay, "PodDisruptionBudget")[service]
    assert budget["spec"]["selector"] == workload["spec"]["selector"]


def _seconds_before_the_signal(only: dict[str, Any]) -> int:
    return int(only.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0))


def test_who_serves_others_waits_until_they_have_forgotten_it() -> None:
    for service in ("gateway", "exporter"):
        assert (
            _seconds_before_the_signal(container(shipped.of_kind("production", "Deployment")[service])) >= 5
        )


def test_no_more_readers_than_partitions_and_no_more_analyzers_than_the_quota_feeds() -> None:
    scaled = shipped.of_kind("production", "ScaledObject")
    assert {
        name: found["spec"]["maxReplicaCount"] for name, found in scaled.items() if name != "analyzer"
    } == {
        "exporter": PARTITIONS,
        "monitor": PARTITIONS,
    }
    settings = _settings("production")
    groups = int(scaled["analyzer"]["metadata"]["annotations"]["image-analyzer/quota-groups"])
    images_a_second = groups * int(settings["REQUESTS_PER_MINUTE"]) * 16 / 60
    fed = max(2, -(-images_a_second // 500))
    assert scaled["analyzer"]["spec"]["maxReplicaCount"] == fed <= PARTITIONS
    deployments = shipped.of_kind("production", "Deployment")
    for name in [*scaled, *shipped.of_kind("production", "HorizontalPodAutoscaler")]:
        assert "replicas" not in deployments[name]["spec"], (
            f"{name} is scaled, so nothing else sets its number"
        )


def _settings(overlay: str) -> dict[str, str]:
    [found] = [one["data"] for one in shipped.of_kind(overlay, "ConfigMap").values() if "PORT" in one["data"]]
    return dict(found)
