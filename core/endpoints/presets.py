"""What turnpoint knows of servers and providers, so that a settings file need not say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.endpoints.endpoint import DEFAULT_KEY_ENV

OPENROUTER = "openrouter"
TURNPOINT_SERVER = "turnpoint-server"

SERVER_PORT = 8378
"""Where `turnpoint server` listens unless it is told otherwise."""

_NO_BOS = {"bos_token": ""}


@dataclass(frozen=True)
class Preset:
    """What a preset fills in; whatever the settings file says itself wins.

    ``extra`` and ``headers`` go into every request. Where the prompt is rendered here by a chat template,
    ``extra_with_template`` goes into the body as well and ``template_args`` to the template: both keep a beginning
    token that the template writes from being written again by the server's tokenizer. The latter is not done to a
    template out of a GGUF file, which says itself who writes the token.
    """

    base_url: str
    mode: str
    api_key_env: str = DEFAULT_KEY_ENV
    top_p: float | None = 1.0
    seed: int | None = 0
    n_per_request: int = 1
    concurrency: int = 16
    extra: Mapping[str, Any] = field(default_factory=dict)
    extra_with_template: Mapping[str, Any] = field(default_factory=dict)
    template_args: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


# Both servers of llama.cpp cut the distribution (top_k 40, min_p 0.05) unless told not to; the Python one also has a
# repeat_penalty of 1.1, which depends on the last words of the prefix.
_WHOLE_DISTRIBUTION: Mapping[str, Any] = {"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0}

PRESETS: Mapping[str, Preset] = {
    OPENROUTER: Preset(
        "https://openrouter.ai/api/v1",
        "chat-prefill",
        "OPENROUTER_API_KEY",
        seed=None,
        extra={"provider": {"allow_fallbacks": False, "require_parameters": True}},
        headers={"X-OpenRouter-Cache": "false"},
    ),
    "deepseek": Preset(
        "https://api.deepseek.com/beta",
        "chat-prefix",
        "DEEPSEEK_API_KEY",
        seed=None,
        extra={"thinking": {"type": "disabled"}},
    ),
    "mistral": Preset("https://api.mistral.ai/v1", "chat-prefix", "MISTRAL_API_KEY", seed=None),
    "anthropic": Preset(
        "https://api.anthropic.com/v1", "chat-prefill", "ANTHROPIC_API_KEY", top_p=None, seed=None, concurrency=8
    ),
    "together": Preset("https://api.together.xyz/v1", "completions", "TOGETHER_API_KEY", seed=None),
    "fireworks": Preset("https://api.fireworks.ai/inference/v1", "completions", "FIREWORKS_API_KEY", seed=None),
    TURNPOINT_SERVER: Preset(
        f"http://127.0.0.1:{SERVER_PORT}/v1",
        "completions",
        concurrency=4,
        extra=_WHOLE_DISTRIBUTION,
        template_args=_NO_BOS,
    ),
    "vllm": Preset(
        "http://127.0.0.1:8000/v1",
        "chat-continue",
        n_per_request=8,
        concurrency=64,
        extra_with_template={"add_special_tokens": False},
    ),
    "sglang": Preset(
        "http://127.0.0.1:30000/v1", "chat-continue", n_per_request=8, concurrency=64, template_args=_NO_BOS
    ),
    "llama-cpp": Preset(
        "http://127.0.0.1:8080/v1",
        "chat-prefill",
        n_per_request=4,
        concurrency=4,
        extra=_WHOLE_DISTRIBUTION,
        template_args=_NO_BOS,
    ),
    "llama-cpp-python": Preset(
        "http://127.0.0.1:8000/v1",
        "completions",
        concurrency=2,
        extra=_WHOLE_DISTRIBUTION,
        template_args=_NO_BOS,
    ),
    "transformers": Preset("http://127.0.0.1:8000/v1", "completions", concurrency=1, template_args=_NO_BOS),
    "mlx": Preset("http://127.0.0.1:8080/v1", "completions", concurrency=2, template_args=_NO_BOS),
}
"""The presets by name.

* openrouter: openrouter.ai/docs, provider-routing (by default requests are spread over providers, and parameters that
  a provider lacks are dropped in silence) and response-caching (a cached response would be counted as a new rollout).
* deepseek: api-docs.deepseek.com, guides/chat_prefix_completion (the address /beta, ``prefix`` on the last message) and
  guides/thinking_mode (on by default, and temperature is then ignored). Several choices are not offered.
* mistral: docs.mistral.ai, API reference of chat completions. The field ``seed`` is refused (422); theirs is
  ``random_seed``.
* anthropic: the page on OpenAI SDK compatibility: ``n`` must be 1, ``seed`` is ignored; newer of the models that can
  be prefilled refuse ``top_p`` beside ``temperature``.
* together, fireworks: the API references of completions; both are used so, one choice per request and without a seed,
  by the code of the Thought Anchors and Thought Branches papers.
* vllm: docs.vllm.ai, OpenAI-compatible server. ``n``, ``seed`` and both flags of chat-continue were measured, too.
* sglang: entrypoints/openai/protocol.py of its repository: ``seed`` and ``n``, but no ``add_special_tokens``.
* turnpoint-server (`turnpoint server`): llama.cpp's own server out of xllamacpp, with a context for each request. One
  choice per request, because its usage counts one choice only; the prefix comes out of its cache.
* llama-cpp (llama-server), llama-cpp-python, transformers (``transformers serve``), mlx (mlx_lm.server): measured on
  a tiny model. All but llama-server open a new turn on an assistant message and ignore ``n``, both without a word.
  transformers samples from the 50 likeliest tokens unless the model's generation_config.json says otherwise. It has
  one seed for all requests in flight: of two at once neither gets its own, and one at a time is no slower.
"""


def preset_headers(name: str | None) -> Mapping[str, str]:
    """HTTP headers that requests to an endpoint of this preset carry."""
    return {} if name is None else PRESETS[name].headers
