"""What a real server does wrong without a word, and what turnpoint makes of it.

`transformers serve` does most of it; where TURNPOINT_SERVER names another server, that one is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import stored
from tests.processes import headless
from tests.servers.conftest import NAMED
from tests.servers.real import KINDS, RealServer, running
from tests.servers.study import CUT, QUESTION, TRACE, ask, checked, drew_all, hurried, new_study, write_settings

pytestmark = pytest.mark.slow

KIND = KINDS[NAMED or "transformers"]


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[RealServer]:
    """One server for this file."""
    with running(KIND, models) as served:
        yield served


def test_choices_that_do_not_come_are_asked_for_again(tmp_path: Path, server: RealServer) -> None:
    """Three are asked for at a time, and however many come: each prefix gets its number, and each rollout its seed."""
    home = new_study(tmp_path, server)
    done = headless(home, "resample", TRACE, "--prefix", "1-2", "-n", "4", "--no-judge")
    assert drew_all(done), done.stderr
    assert stored.per_prefix(home, TRACE) == {1: 4, 2: 4}
    if server.kind.choices_of_three == 1:
        # Each was a request of its own, and its seed draws it again.
        prompt = f"{QUESTION}\n\n{CUT[1]}"
        body = {"prompt": prompt, "max_tokens": 8, "temperature": 0.6, "top_p": 1.0}
        for seed, text in stored.rows(home, "SELECT seed, text FROM rollouts WHERE prefix_idx = 1"):
            assert ask(server, "/completions", {**body, "seed": seed})["choices"][0]["text"] == text


def test_the_check_catches_a_silent_new_turn_before_anything_is_drawn(tmp_path: Path, server: RealServer) -> None:
    home = new_study(tmp_path, server, mode="chat-prefill")
    verdict, states = checked(home)
    if not server.kind.chat_opens_a_turn:
        assert verdict == "continues"
        return
    assert (verdict, states["no new turn is opened"]) == ("restarts", "failed")
    done = headless(home, "resample", TRACE, "--prefix", "2", "-n", "2", "--no-judge")
    assert done.returncode == 1
    assert "the assistant's turn is closed and a new one opened" in done.stderr
    assert stored.count(home) == 0


def test_an_assistant_message_is_answered_by_a_new_turn(server: RealServer) -> None:
    """What makes the chat modes wrong here: the closed turn has the same tokens as the one that should go on."""
    question = {"role": "user", "content": QUESTION}
    told = {"role": "assistant", "content": "The first kettle"}
    new, closed = (
        ask(server, "/chat/completions", {"messages": turns, "max_tokens": 2})["usage"]["prompt_tokens"]
        for turns in ([question], [question, told])
    )
    said = ask(server, "/completions", {"prompt": told["content"], "max_tokens": 2})["usage"]["prompt_tokens"]
    opened = closed - new - said
    assert opened > 1 if server.kind.chat_opens_a_turn else opened <= 0


def test_fields_that_the_server_does_not_know(tmp_path: Path, server: RealServer) -> None:
    home = new_study(tmp_path, server, mode="chat-continue")
    hurried(home)
    failures = stored.rows(home, "SELECT stage, kind, attempts, message FROM failures")
    if not server.kind.refuses_flags:
        assert failures == []
        assert stored.count(home) == 1
        return
    ((stage, kind, attempts, message),) = failures
    assert (stage, kind, attempts) == ("sample", "bad_request", 1)
    assert message.startswith("422: ")
    assert "continue_final_message" in message
    assert stored.count(home) == 0


@pytest.mark.where("fails_on_nonsense")
def test_an_error_of_the_server_is_kept_with_its_kind(tmp_path: Path, server: RealServer) -> None:
    home = new_study(tmp_path, server, concurrency=4, extra={"generation_config": "no JSON"})
    hurried(home)
    assert stored.count(home) == 0
    assert stored.rows(home, "SELECT stage, kind, attempts FROM failures") == [("sample", "server_error", 2)]
    write_settings(home, server, "completions")
    mended = headless(home, "resample", TRACE, "--prefix", "2", "-n", "1", "--no-judge")
    assert drew_all(mended), mended.stderr
    assert stored.per_prefix(home, TRACE) == {2: 1}
