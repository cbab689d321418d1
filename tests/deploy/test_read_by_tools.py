"""Each file is read by the tool whose language it is written in."""

from __future__ import annotations

import json
from pathlib import Path

import kubernetes_validate
import pytest
from jsonschema import Draft202012Validator

from tests.deploy import shipped
from tests.deploy.shipped import OVERLAYS, ROOT, Manifest

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in Path(__file__).parent.glob("schemas/*.json")}
KUBERNETES = "1.34"


def test_hadolint_has_nothing_to_say_about_the_dockerfile() -> None:
    assert shipped.tool("hadolint", "Dockerfile") == ""


def test_yamllint_has_nothing_to_say() -> None:
    assert shipped.tool("yamllint", "--strict", "docker-compose.yml", "k8s", "observability") == ""


def test_compose_is_as_the_compose_specification_has_it() -> None:
    shipped.tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_is_as_its_kind_has_it(overlay: str) -> None:
    manifests = shipped.rendered(overlay)
    assert len(manifests) > 30
    for manifest in manifests:
        _check(manifest)


def _check(manifest: Manifest) -> None:
    if schema := SCHEMAS.get(manifest["kind"]):
        Draft202012Validator(schema).validate(manifest)
    else:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    manifest = json.loads(json.dumps(shipped.of_kind("production", "Deployment")["gateway"]))
    manifest["spec"]["template"]["spec"]["terminationGracePeriod"] = 60
    with pytest.raises(kubernetes_validate.ValidationError):
        _check(manifest)


@pytest.mark.parametrize("script", ["docker/install.sh", "docker/secrets.sh"])
def test_scripts_are_plain_shell(script: str) -> None:
    assert (ROOT / script).read_text().startswith("#!/bin/sh\n")
    shipped.shell_reads(ROOT / script)
