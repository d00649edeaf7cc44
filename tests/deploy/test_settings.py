"""Settings of the embedded run."""

import pytest

from deploy.local.console import LocalError
from deploy.local.settings import load_settings


def test_the_ports_are_the_documented_ones_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY", "ORCHESTRATOR", "COMPUTE", "MODELS", "PACKAGES"):
        monkeypatch.delenv(f"STACK8S_{name}_PORT", raising=False)
    monkeypatch.setenv("STACK8S_COMPUTE_PORT", "6001")
    assert load_settings().ports == {
        "gateway": 8080,
        "orchestrator": 50050,
        "compute": 6001,
        "models": 50052,
        "packages": 50053,
    }


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK8S_COMPUTE_PORT", "lots")
    monkeypatch.setenv("STACK8S_GATEWAY_PORT", "70000")
    with pytest.raises(LocalError, match=r"STACK8S_GATEWAY_PORT=70000: .*65535; STACK8S_COMPUTE_PORT=lots: .*integer"):
        load_settings()


def test_two_processes_on_one_port_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK8S_COMPUTE_PORT", "6001")
    monkeypatch.setenv("STACK8S_MODELS_PORT", "6001")
    with pytest.raises(LocalError, match="compute and models both use port 6001"):
        load_settings()
