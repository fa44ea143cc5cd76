"""The tiny model, and the real servers that the tests of this folder run against."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.real import KINDS, Kind, RealServer, running
from tests.servers.tiny_model import make_gguf, make_model

NAMED = os.environ.get("TURNPOINT_SERVER")
KIND = KINDS[NAMED or "turnpoint-server"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about something that this kind of server does not do."""
    left_out = [
        item
        for item in items
        for mark in item.iter_markers("where")
        if not getattr(getattr(item.getparent(pytest.Module).obj, "KIND", KIND), mark.args[0])  # type: ignore[union-attr]
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def kind() -> Kind:
    """The server that TURNPOINT_SERVER names, or turnpoint's own on SmolLM2."""
    return KIND


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model ``tiny``, in both of its formats."""
    folder = tmp_path_factory.mktemp("models")
    make_gguf(make_model(folder / "tiny"), folder / "tiny" / "tiny.gguf")
    return folder


@pytest.fixture(scope="session")
def server(kind: Kind, models: Path) -> Iterator[RealServer]:
    """One server for the whole session."""
    with running(kind, models) as served:
        yield served
