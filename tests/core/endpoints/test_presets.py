"""Presets: what each fills in, what is sent to each server, byte for byte, and what a settings file may override."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.endpoints.config import load_config
from core.endpoints.continuation import MODES
from core.endpoints.endpoint import MODE_NAMES, Endpoint
from core.endpoints.presets import PRESETS
from core.endpoints.refusals import why_it_cannot_continue
from core.errors import ConfigError
from core.traces.model import Message
from tests.core.endpoints.test_gguf import model_file

PROMPT = (Message("system", "Be brief."), Message("user", "Why?"))
PREFIX = "<think>\nFirst.  Then"
TURNS = (
    '"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}, '
    '{"role": "assistant", "content": "<think>\\nFirst.  Then"'
)
TEXT = '"prompt": "Be brief.\\n\\nWhy?\\n\\n<think>\\nFirst.  Then"}'
SAMPLED = '"model": "m", "temperature": 0.6, "top_p": 1.0, "max_tokens": 4096'

WHOLE = '"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0, '

SENT = {
    "openrouter": (
        "https://openrouter.ai/api/v1/chat/completions",
        '{"provider": {"allow_fallbacks": false, "require_parameters": true, "only": ["DeepInfra"]}, '
        + SAMPLED
        + ", "
        + TURNS
        + "}]}",
    ),
    "deepseek": (
        "https://api.deepseek.com/beta/chat/completions",
        '{"thinking": {"type": "disabled"}, ' + SAMPLED + ", " + TURNS + ', "prefix": true}]}',
    ),
    "mistral": (
        "https://api.mistral.ai/v1/chat/completions",
        "{" + SAMPLED + ", " + TURNS + ', "prefix": true}]}',
    ),
    "anthropic": (
        "https://api.anthropic.com/v1/chat/completions",
        '{"model": "m", "temperature": 0.6, "max_tokens": 4096, ' + TURNS + "}]}",
    ),
    "together": ("https://api.together.xyz/v1/completions", "{" + SAMPLED + ", " + TEXT),
    "fireworks": ("https://api.fireworks.ai/inference/v1/completions", "{" + SAMPLED + ", " + TEXT),
    "vllm": (
        "http://127.0.0.1:8000/v1/chat/completions",
        "{"
        + SAMPLED
        + ', "n": 8, "seed": 7, '
        + TURNS
        + '}], "continue_final_message": true, "add_generation_prompt": false}',
    ),
    "sglang": (
        "http://127.0.0.1:30000/v1/chat/completions",
        "{"
        + SAMPLED
        + ', "n": 8, "seed": 7, '
        + TURNS
        + '}], "continue_final_message": true, "add_generation_prompt": false}',
    ),
    "turnpoint-server": ("http://127.0.0.1:8378/v1/completions", "{" + WHOLE + SAMPLED + ', "seed": 7, ' + TEXT),
    "llama-cpp": (
        "http://127.0.0.1:8080/v1/chat/completions",
        "{" + WHOLE + SAMPLED + ', "n": 4, "seed": 7, ' + TURNS + "}]}",
    ),
    "llama-cpp-python": ("http://127.0.0.1:8000/v1/completions", "{" + WHOLE + SAMPLED + ', "seed": 7, ' + TEXT),
    "transformers": ("http://127.0.0.1:8000/v1/completions", "{" + SAMPLED + ', "seed": 7, ' + TEXT),
    "mlx": ("http://127.0.0.1:8080/v1/completions", "{" + SAMPLED + ', "seed": 7, ' + TEXT),
}


def configured(folder: Path, text: str) -> Endpoint:
    path = folder / "turnpoint.toml"
    path.write_text("[endpoints.e]\n" + text, encoding="utf-8")
    return load_config(path).endpoints["e"]


def with_preset(folder: Path, preset: str, more: str = "") -> Endpoint:
    provider = 'provider = "DeepInfra"\n' if preset == "openrouter" and "provider" not in more else ""
    return configured(folder, f'preset = "{preset}"\nmodel = "m"\n{provider}{more}')


def tokenizer(folder: Path) -> Path:
    path = folder / "tokenizer"
    path.mkdir()
    config = {"chat_template": "{{ bos_token }}{{ messages[-1].content }}|", "bos_token": "<s>"}
    (path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def test_every_preset_is_tried_here() -> None:
    assert set(SENT) == set(PRESETS)
    assert {preset.mode for preset in PRESETS.values()} == set(MODE_NAMES)


@pytest.mark.parametrize("preset", PRESETS)
def test_this_is_sent(tmp_path: Path, preset: str) -> None:
    endpoint = with_preset(tmp_path, preset)
    seed = None if endpoint.settings.seed is None else endpoint.settings.seed + 7
    ask = MODES[endpoint.mode].ask(PROMPT, PREFIX, endpoint.settings, endpoint.n_per_request, seed)
    assert (endpoint.base_url + ask.path, ask.content.decode()) == SENT[preset]


@pytest.mark.parametrize("preset", PRESETS)
def test_prefix_0_is_an_ordinary_question(tmp_path: Path, preset: str) -> None:
    endpoint = with_preset(tmp_path, preset)
    body = MODES[endpoint.mode].ask(PROMPT, "", endpoint.settings, 1, None).body
    assert not {"continue_final_message", "add_generation_prompt", "prefix"} & set(body)
    if endpoint.mode == "completions":
        assert body["prompt"] == "Be brief.\n\nWhy?\n\n"
    else:
        assert [turn["role"] for turn in body["messages"]] == ["system", "user"]


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_is_refused_for_what_it_is(tmp_path: Path, preset: str) -> None:
    assert why_it_cannot_continue(with_preset(tmp_path, preset)) is None


@pytest.mark.parametrize("preset", PRESETS)
def test_what_the_file_says_wins(tmp_path: Path, preset: str) -> None:
    own = with_preset(
        tmp_path,
        preset,
        'base_url = "http://own/v1"\nmode = "completions"\napi_key_env = "OWN"\nseed = 3\ntop_p = 0.5\n'
        "n_per_request = 2\nconcurrency = 5\nextra = { thinking = { type = 'x' }, top_k = 1 }",
    )
    assert (own.base_url, own.mode, own.api_key_env, own.seed) == ("http://own/v1", "completions", "OWN", 3)
    assert (own.top_p, own.n_per_request, own.concurrency) == (0.5, 2, 5)
    assert own.extra["thinking"] == {"type": "x"}
    assert own.extra["top_k"] == 1
    assert own.preset == preset


def test_a_local_server_needs_no_key_and_a_provider_names_its_variable(tmp_path: Path) -> None:
    for name, preset in PRESETS.items():
        endpoint = with_preset(tmp_path, name)
        assert endpoint.is_local == preset.base_url.startswith("http://127.0.0.1")
        assert endpoint.is_local or endpoint.api_key_env == name.upper() + "_API_KEY"


class TestTemplates:
    """A prompt that is rendered here begins with one beginning token."""

    def test_vllm_is_told_to_add_none(self, tmp_path: Path) -> None:
        endpoint = with_preset(tmp_path, "vllm", f'template = "{tokenizer(tmp_path).name}"')
        ask = MODES[endpoint.mode].ask(PROMPT, "So", endpoint.settings, 1, None)
        assert (endpoint.mode, ask.path) == ("completions", "/completions")
        assert ask.body["prompt"] == "<s>Why?|So"
        assert ask.body["add_special_tokens"] is False

    @pytest.mark.parametrize("preset", ["turnpoint-server", "llama-cpp", "llama-cpp-python"])
    @pytest.mark.parametrize(("begins", "beginning"), [(True, ""), (False, "<s>")])
    def test_a_model_file_says_itself_whether_its_tokenizer_adds_it(
        self, tmp_path: Path, preset: str, begins: bool, beginning: str
    ) -> None:
        path = model_file(tmp_path / "a.gguf", begins=begins)
        endpoint = with_preset(tmp_path, preset, f'template = "{path}"')
        body = MODES[endpoint.mode].ask(PROMPT, "So", endpoint.settings, 1, None).body
        assert body["prompt"] == f"{beginning}[system]Be brief.[user]Why?[assistant]So"

    @pytest.mark.parametrize(
        "preset", ["turnpoint-server", "sglang", "llama-cpp", "llama-cpp-python", "transformers", "mlx"]
    )
    def test_servers_that_add_it_get_a_prompt_without_it(self, tmp_path: Path, preset: str) -> None:
        folder = tokenizer(tmp_path)
        endpoint = with_preset(tmp_path, preset, f'template = "{folder}"')
        body = MODES[endpoint.mode].ask(PROMPT, "So", endpoint.settings, 1, None).body
        assert body["prompt"] == "Why?|So"
        assert "add_special_tokens" not in body
        own = with_preset(tmp_path, preset, f'template = "{folder}"\ntemplate_args = {{ bos_token = "<s>" }}')
        assert own.settings.template is not None
        assert own.settings.template.prompt(PROMPT, "So") == "<s>Why?|So"

    def test_without_a_template_nothing_is_said_of_special_tokens(self, tmp_path: Path) -> None:
        endpoint = with_preset(tmp_path, "vllm", 'mode = "completions"')
        assert "add_special_tokens" not in MODES["completions"].ask(PROMPT, "So", endpoint.settings, 1, None).body


class TestOpenRouter:
    """One provider, named."""

    def test_without_a_provider_it_is_refused_with_the_reason(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"endpoints\.e\.provider is missing; .*quantisations"):
            configured(tmp_path, 'preset = "openrouter"\nmodel = "m"')

    def test_quantizations_and_further_routing_are_passed_on(self, tmp_path: Path) -> None:
        endpoint = with_preset(
            tmp_path,
            "openrouter",
            'provider = "DeepInfra"\nquantizations = "bf16"\nextra = { provider = { data_collection = "deny" } }',
        )
        assert endpoint.extra["provider"] == {
            "allow_fallbacks": False,
            "require_parameters": True,
            "only": ["DeepInfra"],
            "quantizations": ["bf16"],
            "data_collection": "deny",
        }

    def test_a_provider_may_be_pinned_in_extra(self, tmp_path: Path) -> None:
        pinned = 'preset = "openrouter"\nmodel = "m"\nextra = { provider = { order = ["Novita"] } }'
        assert configured(tmp_path, pinned).extra["provider"]["order"] == ["Novita"]
        with pytest.raises(ConfigError, match="provider is missing"):
            configured(tmp_path, pinned.replace('["Novita"]', '["Novita", "DeepInfra"]'))

    def test_without_the_preset_too_it_must_be_pinned_before_a_prefix_is_sampled(self) -> None:
        loose = Endpoint("r", "https://openrouter.ai/api/v1", "qwen/qwen3-32b")
        assert "provider" in str(why_it_cannot_continue(loose))
        extra: dict[str, Any] = {"provider": {"only": ["DeepInfra"]}}
        assert why_it_cannot_continue(Endpoint("r", loose.base_url, loose.model, extra=extra)) is None
