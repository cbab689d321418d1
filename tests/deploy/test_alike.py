"""Code, compose, Kubernetes and `make run` are one system: a setting that one of them forgets fails here."""

from __future__ import annotations

import ast
from typing import Any

import msgspec
import pytest
import yaml

from dev import services, settings
from dev.folders import Folders
from dev.servers import kafka
from dev.servers.choose import Addresses
from services.analyzer.settings import AnalyzerSettings
from services.exporter.settings import ExporterSettings
from services.gateway.settings import GatewaySettings
from services.ingest.settings import IngestSettings
from services.migrate import MigrateSettings
from services.monitor.settings import MonitorSettings
from shared import ops as ops_port
from shared.ops import Health
from tests.deploy import shipped
from tests.deploy.shipped import OVERLAYS, ROOT, container

KINDS: dict[str, type[msgspec.Struct]] = {
    "gateway": GatewaySettings,
    "ingest": IngestSettings,
    "analyzer": AnalyzerSettings,
    "exporter": ExporterSettings,
    "monitor": MonitorSettings,
    "migrate": MigrateSettings,
}
# The servers of compose, and what watches the system in it.
OTHERS = {"kafka", "postgres", "redis", "prometheus", "grafana"}
# What is not given in containers, and why.
NOT_IN_CONTAINERS = {
    "SAMPLE_DIR": "the sample pictures are drawn by `make run`",
    "QUOTA_WINDOW_SECONDS": "shorter windows are for tests against a fake",
    "VISION_API_KEYS": "keys come as a file that may change: VISION_API_KEYS_FILE",
}
# What `make run` decides by itself, and why; all else it passes on as the user set it.
NOT_OF_THE_USER = {
    "DATABASE_URL": "its own server, or the one that the user named",
    "REDIS_URL": "its own server, or the one that the user named",
    "KAFKA_BOOTSTRAP_SERVERS": "its own server, or the one that the user named",
    "SAMPLE_DIR": "where it draws the sample pictures",
    "EXPORTER_URL": "the port that it chose",
    "OPS_PORT": "the port that it chose",
    "INSTANCE": "each process' own",
    "DATABASE_POOL_SIZE": "divided over the processes",
    "REDIS_MAX_CONNECTIONS": "divided over the processes",
    "FETCH_ALLOW_NETS": "with the origin of the sample pictures",
}
# Which client of a server each of these modules holds.
CLIENTS = {"kafka": "kafka", "postgres": "postgres", "redis": "redis", "blobs": "blobs"}
FURTHER = {
    "gateway": {"exporter"},  # exports are streamed through
    "analyzer": {"internet"},  # pictures and the provider
    "migrate": {"kafka", "postgres"},  # by shared.topics and shared.migrate
}


def known(service: str) -> set[str]:
    """The names of its settings."""
    return {name.upper() for name in KINDS[service].__struct_fields__}


def given(service: str, variables: set[str]) -> set[str]:
    """The settings that these variables give it: NAME_FILE gives NAME, unless it is a setting itself."""
    return {
        name if name in known(service) else name.removesuffix("_FILE")
        for name in {*variables, *shipped.image_environment()}
    }


def of_compose(service: str) -> set[str]:
    found = shipped.compose()["services"][service]
    words = [word for part in found["command"] for word in part.split()]
    return {*found["environment"], *(word.partition("=")[0] for word in words if "=" in word)}


def of_kubernetes(overlay: str, service: str) -> set[str]:
    [shared] = shipped.of_kind(overlay, "ConfigMap").values()
    [found] = [one for name, one in shipped.workloads(overlay).items() if name.partition("-")[0] == service]
    assert container(found)["envFrom"] == [{"configMapRef": {"name": shared["metadata"]["name"]}}]
    return {*shared["data"], *(variable["name"] for variable in container(found)["env"])}


def test_the_lists_of_exceptions_name_settings_that_there_are() -> None:
    every = set().union(*map(known, KINDS))
    assert set(NOT_IN_CONTAINERS) | set(NOT_OF_THE_USER) <= every


def test_the_services_are_the_same_everywhere() -> None:
    assert set(services.ORDER) | {"migrate"} == set(KINDS)
    assert set(shipped.compose()["services"]) - OTHERS == set(KINDS)
    for overlay in OVERLAYS:
        assert set(shipped.of_kind(overlay, "Deployment")) == set(services.ORDER)
        assert set(shipped.of_kind(overlay, "Job")) == {f"migrate-{shipped.version().replace('.', '-')}"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_job_can_be_applied_with_its_settings_and_before_the_rest(overlay: str) -> None:
    """By label, as DEPLOYMENT_GUIDE.md does: a job without its settings would wait for them."""
    wanted = {"migrate", "settings"}
    found = [
        manifest["kind"]
        for manifest in shipped.rendered(overlay)
        if manifest["metadata"].get("labels", {}).get("app.kubernetes.io/component") in wanted
    ]
    assert sorted(found) == ["ConfigMap", "Job"]


@pytest.mark.parametrize("service", KINDS)
def test_the_commands_are_those_of_make_run(service: str) -> None:
    command = f"python -m services.{service}"
    assert " ".join(shipped.compose()["services"][service]["command"]).endswith(command)
    for overlay in OVERLAYS:
        [found] = [
            one for name, one in shipped.workloads(overlay).items() if name.partition("-")[0] == service
        ]
        assert " ".join(container(found)["command"]) == command
    environment = {**_make_run({}), "INSTANCE": "x"}
    programs = [services.migrate_job(environment), *services.programs(environment, {f"{service}-1": 1})]
    assert any(" ".join(program.argv).endswith(f"-m services.{service}") for program in programs)


@pytest.mark.parametrize("service", KINDS)
def test_compose_gives_every_setting(service: str) -> None:
    assert known(service) - given(service, of_compose(service)) == set(NOT_IN_CONTAINERS) & known(service)


@pytest.mark.parametrize("service", KINDS)
def test_compose_gives_nothing_that_the_service_does_not_read(service: str) -> None:
    own = {name if name in known(service) else name.removesuffix("_FILE") for name in of_compose(service)}
    assert own <= known(service)


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", KINDS)
def test_kubernetes_gives_every_setting(overlay: str, service: str) -> None:
    missing = known(service) - given(service, of_kubernetes(overlay, service))
    assert missing == set(NOT_IN_CONTAINERS) & known(service)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_gives_nothing_that_no_service_reads(overlay: str) -> None:
    every = set().union(*map(known, KINDS))
    [shared] = shipped.of_kind(overlay, "ConfigMap").values()
    assert {name if name in every else name.removesuffix("_FILE") for name in shared["data"]} <= every


def _make_run(environ: dict[str, str]) -> dict[str, str]:
    addresses = Addresses("postgresql:///own", "redis://own", "own:1")
    wanted = settings.read(environ)
    ports = {name: 20_000 + number for number, name in enumerate(services.instances(1))}
    return services.environment(wanted, Folders(wanted.data_dir), addresses, ports)


def test_make_run_passes_on_what_the_user_sets() -> None:
    numbers = {"PORT": "6000", "DATABASE_POOL_SIZE": "90", "REDIS_MAX_CONNECTIONS": "90"}
    every = set().union(*map(known, KINDS))
    wanted = {name: numbers.get(name, "/marked") for name in every}
    told = _make_run(wanted)
    assert {name for name in every if told.get(name) != wanted[name]} <= set(NOT_OF_THE_USER)


def test_the_ports_are_the_same_everywhere() -> None:
    [port] = [str(one.default) for one in msgspec.structs.fields(GatewaySettings) if one.name == "port"]
    ops = shipped.image_environment()["OPS_PORT"]
    assert f"EXPOSE {port} {ops}" in (ROOT / "Dockerfile").read_text()
    gateway = shipped.compose()["services"]["gateway"]
    assert gateway["ports"] == [f"127.0.0.1:${{PORT:-{port}}}:{port}"]
    assert str(gateway["environment"]["PORT"]) == port
    assert gateway["environment"]["EXPORTER_URL"] == f"http://exporter:{ops}"
    for overlay in OVERLAYS:
        [shared] = shipped.of_kind(overlay, "ConfigMap").values()
        assert (shared["data"]["PORT"], shared["data"]["EXPORTER_URL"]) == (port, f"http://exporter:{ops}")
        for service, deployment in shipped.of_kind(overlay, "Deployment").items():
            open_ports = {one["name"]: str(one["containerPort"]) for one in container(deployment)["ports"]}
            assert open_ports == ({"ops": ops, "http": port} if service == "gateway" else {"ops": ops})
            served = {
                one["name"]: one for one in shipped.of_kind(overlay, "Service")[service]["spec"]["ports"]
            }
            assert str(served["ops"]["port"]) == ops
            assert all(one["targetPort"] == name for name, one in served.items())


def test_prometheus_asks_where_the_services_answer() -> None:
    read: dict[str, Any] = yaml.safe_load((ROOT / "observability/prometheus/prometheus.yml").read_text())
    [found] = [job for job in read["scrape_configs"] if job["job_name"] == "image-analyzer"]
    [names] = found["dns_sd_configs"]
    assert set(names["names"]) == set(services.ORDER)
    assert str(names["port"]) == shipped.image_environment()["OPS_PORT"]


def test_the_probes_are_routes_of_the_services() -> None:
    paths = {route.path for route in ops_port._routes(Health())}
    assert paths == {"/livez", "/readyz", "/metrics"}
    assert "/readyz" in (ROOT / "Dockerfile").read_text().partition("HEALTHCHECK")[2]
    [monitor] = shipped.of_kind("production", "ServiceMonitor").values()
    assert {one["path"] for one in monitor["spec"]["endpoints"]} == {"/metrics"}


def test_topics_are_made_by_the_same_job_and_by_nobody_else() -> None:
    """Their names stand in the code alone: the files give the prefix and how often each is kept."""
    assert kafka.properties("/log", 1, 2)["auto.create.topics.enable"] == "false"
    composed = shipped.compose()["services"]
    assert composed["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    local = container(shipped.of_kind("local", "StatefulSet")["kafka"])["env"]
    assert {"name": "KAFKA_AUTO_CREATE_TOPICS_ENABLE", "value": "false"} in local
    assert {composed[name]["environment"]["TOPIC_PREFIX"] for name in KINDS} == {"${TOPIC_PREFIX:-}"}
    assert all("migrate" in composed[name]["depends_on"] for name in services.ORDER)


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", KINDS)
def test_a_pod_reaches_the_servers_that_its_service_uses_and_no_other(overlay: str, service: str) -> None:
    [found] = [one for name, one in shipped.workloads(overlay).items() if name.partition("-")[0] == service]
    labels = found["spec"]["template"]["metadata"]["labels"]
    used = {name.removeprefix("uses-") for name, value in labels.items() if name.startswith("uses-")}
    assert used == _imported(service) | FURTHER.get(service, set())
    policies = shipped.of_kind(overlay, "NetworkPolicy")
    # On the one node of the local overlay, uploads lie in a volume.
    asked = used - {"blobs"} if overlay == "local" else used
    assert asked <= {name.removeprefix("to-") for name in policies if name.startswith("to-")}


def _imported(service: str) -> set[str]:
    """Of which server its main.py opens a client."""
    main = ROOT / "services" / service / "main.py"
    if not main.exists():
        return set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(main.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "shared":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared."):
            names.add((node.module or "").partition(".")[2])
    return {server for module, server in CLIENTS.items() if module in names}


def test_nothing_is_allowed_that_is_not_drawn() -> None:
    """By default nothing; every other rule is for one arrow."""
    for overlay in OVERLAYS:
        policies = shipped.of_kind(overlay, "NetworkPolicy")
        closed = policies.pop("nothing-else")["spec"]
        assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        for name, policy in policies.items():
            spec = policy["spec"]
            assert name == "names" or spec["podSelector"], f"{name} opens all pods"
            for rule in [*spec.get("egress", []), *spec.get("ingress", [])]:
                assert rule.get("to") or rule.get("from"), f"{name} opens the whole network"
                assert rule.get("ports") or name == "to-internet", f"{name} opens every port"
