"""The gateway's configuration, read by the real Envoy."""

import subprocess
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from deploy.local.wheels import wheel_file
from services.portal.envoy import envoy_config
from services.portal.settings import PortalSettings


def test_envoy_accepts_what_we_generate(tmp_path: Path) -> None:
    envoy = wheel_file("envoy", "_bin", "envoy")
    if envoy is None:
        pytest.skip("Envoy has no build for this machine")
    config = tmp_path / "envoy.yaml"
    config.write_text(yaml.safe_dump(envoy_config(PortalSettings(port=18080))))
    done = subprocess.run([str(envoy), "--mode", "validate", "-c", str(config)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_each_package_goes_to_its_own_service_and_nothing_else_passes() -> None:
    settings = PortalSettings(compute="compute.example:7001")
    listener = envoy_config(settings)["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]
    assert {route["match"].get("prefix"): route["route"]["cluster"] for route in routes if "route" in route} == {
        "/stack8s.orchestrator.v1.": "orchestrator",
        "/stack8s.compute.v1.": "compute",
        "/stack8s.models.v1.": "models",
        "/stack8s.packages.v1.": "packages",
    }
    clusters = {c["name"]: c for c in envoy_config(settings)["static_resources"]["clusters"]}
    endpoint = clusters["compute"]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    assert endpoint["address"]["socket_address"] == {"address": "compute.example", "port_value": 7001}


def test_the_gateway_listens_on_this_machine_alone_unless_configured() -> None:
    listener = envoy_config(PortalSettings())["static_resources"]["listeners"][0]
    assert listener["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 8080}


def test_an_address_without_a_port_is_refused() -> None:
    with pytest.raises(ValidationError, match="compute"):
        PortalSettings(compute="compute.example")
