"""The hub: its cache, a download, and giving up soon. A server of our own stands in for it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.similarity.hub import _answers, cached_folder, downloaded_folder, has_weights

COMMIT = "1" * 40
FILES = {
    "config.json": b"{}",
    "modules.json": b"[]",
    "model.safetensors": b"numbers",
    "pytorch_model.bin": b"pickled",
    "onnx/model.json": b"other backend",
}


PICKLED_ONLY = {"config.json", "pytorch_model.bin"}


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as a download asks for; ``org/old`` has no safetensors."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/api/models")
        name = path[1:].split("/tree/")[0].split("/revision/")[0].split("/resolve/")[0]
        files = {file: FILES[file] for file in FILES if name == "org/model" or file in PICKLED_ONLY}
        if name not in ("org/model", "org/old"):
            self._refuse()
        elif "/resolve/" in path:
            self._send(files[path.split("/", 5)[5]])
        elif "/tree/" in path:
            tree = [
                {"type": "file", "path": file, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}
                for file, body in files.items()
            ]
            self._send(json.dumps(tree).encode())
        else:
            siblings = [{"rfilename": file} for file in files]
            self._send(json.dumps({"id": name, "sha": COMMIT, "siblings": siblings}).encode())

    def _refuse(self) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def asked(code: str, home: Path, **variables: str) -> tuple[str, str]:
    """What a fresh process prints, and says on standard error; the hub's client reads its settings when imported."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HF_", "TRANSFORMERS_", "SENTENCE_TRANSFORMERS_"))
        and not name.lower().endswith("_proxy")
    }
    environment = kept | {"HF_HOME": str(home)} | variables
    code = "from core.similarity.hub import *\nfrom core.errors import SimilarityError\n" + code
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip(), done.stderr.strip()


@pytest.mark.parametrize(
    ("model", "files"),
    [
        ("org/model", ["config.json", "model.safetensors", "modules.json"]),
        ("org/old", ["config.json", "pytorch_model.bin"]),
    ],
)
def test_a_model_is_downloaded_once_and_found_in_the_cache_ever_after(
    model: str, files: list[str], hub: str, tmp_path: Path
) -> None:
    said, complaints = asked(f"print(downloaded_folder({model!r}))", tmp_path, HF_ENDPOINT=hub)
    assert complaints == ""
    folder = Path(said)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == files
    found = asked(f"print(cached_folder({model!r}))", tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert found == (said, "")


def test_a_model_that_the_hub_does_not_have_is_refused(hub: str, tmp_path: Path) -> None:
    code = "try: downloaded_folder('org/none')\nexcept SimilarityError as error: print(error)"
    said, complaints = asked(code, tmp_path, HF_ENDPOINT=hub)
    assert complaints == ""
    assert said == "The hub gives no model org/none; check the model under [embedding] in turnpoint.toml."


def test_where_nothing_answers_the_client_is_not_even_started(tmp_path: Path) -> None:
    code = (
        "import huggingface_hub\nhuggingface_hub.snapshot_download = None\n"
        "print(downloaded_folder('org/model'), downloaded_folder('org/model'))"
    )
    assert asked(code, tmp_path, HF_ENDPOINT="http://127.0.0.1:9") == ("None None", "")


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_told_to_stay_offline_it_asks_nobody(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    monkeypatch.setattr("core.similarity.hub._answers", lambda url, period: pytest.fail("asked"))
    assert downloaded_folder("org/model") is None


def test_any_answer_at_all_says_that_the_hub_is_there(hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    assert _answers(f"{hub}/a/404", 1)
    assert not _answers("http://127.0.0.1:9", 1)
    assert not _answers("no url at all", 1)


def test_a_model_that_was_never_downloaded_is_not_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    assert cached_folder("org/model") is None
    assert cached_folder("a name that cannot be") is None


def test_weights_without_their_description_are_none(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert not has_weights(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    assert has_weights(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    assert not has_weights(tmp_path)
