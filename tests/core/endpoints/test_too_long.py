"""A request that does not fit: which of prompt and max_tokens is to be changed, in the words of every server."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.too_long import TooLong, too_long

FITS = {
    "vLLM, old": "This model's maximum context length is 4096 tokens. However, you requested 4312 tokens (812 in the"
    " messages, 3500 in the completion). Please reduce the length of the messages or completion.",
    "vLLM": "'max_tokens' or 'max_completion_tokens' is too large: 3500. This model's maximum context length is 4096"
    " tokens and your request has 812 input tokens (3500 > 4096 - 812). (parameter=max_tokens, value=3500)",
    "vLLM, new": "This model's maximum context length is 4096 tokens. However, your request has 812 input tokens plus"
    " 3500 'max_tokens'. Please reduce one or the other.",
    "vLLM, newest": "You passed 812 input tokens and requested 3500 output tokens. However, the model's context length"
    " is only 4096 tokens, resulting in a maximum input length of 596 tokens.",
    "SGLang": "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total"
    " of 4312 tokens: 812 tokens from the input messages and 3500 tokens for the completion.",
    "TGI": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 812 `inputs` tokens and"
    " 3500 `max_new_tokens`",
    "OpenAI": "This model's maximum context length is 4096 tokens, however you requested 4312 tokens (812 in your"
    " prompt; 3500 for the completion). Please reduce your prompt; or completion length.",
    "OpenRouter": "This endpoint's maximum context length is 4096 tokens. However, you requested about 4312 tokens (812"
    ' of text input, 3500 in the output). Please reduce the length of either one, or use the "middle-out" transform.',
    "Anthropic": "input length and `max_tokens` exceed context limit: 812 + 3500 > 4096, decrease input length or"
    " `max_tokens` and try again",
}  # fmt: skip
ALONE = {
    "vLLM": "The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that"
    " `max_model_len` is no smaller than the number of text tokens.",
    "llama-server": "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "SGLang": "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    "TGI": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
    "OpenAI": "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.",
    "OpenAI, new": "Input tokens exceed the configured limit of 4096 tokens. Your messages resulted in 5000 tokens.",
    "LM Studio": "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with"
    " context length of only 4096 tokens, which is not enough.",
    "LM Studio, old": "The number of tokens to keep from the initial prompt is greater than the context length (n_keep:"
    " 5000>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input.",
    "Mistral": "Prompt contains 5000 tokens and 0 draft tokens, too large for model with 4096 maximum context length",
    "Anthropic": "prompt is too long: 5000 tokens > 4096 maximum",
    "Fireworks": "The prompt is too long: 5000, model maximum context length: 4096",
}  # fmt: skip
OUTPUT = {
    "OpenAI": "max_tokens is too large: 3500. This model supports at most 2048 completion tokens, whereas you provided"
    " 3500.",
    "DeepSeek": "Invalid max_tokens value, the valid range of max_tokens is [1, 2048]",
    "Anthropic": "max_tokens: 3500 > 2048, which is the maximum allowed number of output tokens for claude-x",
    "Groq": "`max_tokens` must be less than or equal to `2048`, the maximum value for `max_tokens` for this model",
}  # fmt: skip


def advice(words: str, code: str = "", max_tokens: int = 3500) -> str:
    found = too_long(code, words)
    assert found is not None
    return found.advice(max_tokens, "lab")


@pytest.mark.parametrize("words", FITS.values(), ids=FITS.keys())
def test_max_tokens_is_to_be_lowered_to_what_the_prompt_leaves(words: str) -> None:
    assert advice(words) == (
        "set max_tokens of the endpoint lab to 3284 or less (it is 3500): the prompt has 812 of 4096"
    )


@pytest.mark.parametrize("words", ALONE.values(), ids=ALONE.keys())
def test_a_prompt_that_fits_by_itself_nowhere_needs_a_longer_context(words: str) -> None:
    assert advice(words, max_tokens=1000).startswith(
        "serve the model with a longer context: the prompt alone has 5000, and there is room for 4096"
    )


@pytest.mark.parametrize("words", FITS.values(), ids=FITS.keys())
def test_a_prompt_that_fits_nowhere_needs_a_longer_context_whatever_was_asked_for_beside_it(words: str) -> None:
    larger = words.replace("812", "5000")
    assert advice(larger) == "serve the model with a longer context: the prompt alone has 5000 of 4096"


@pytest.mark.parametrize("words", OUTPUT.values(), ids=OUTPUT.keys())
def test_a_server_that_writes_less_at_once_says_how_much(words: str) -> None:
    assert advice(words) == "set max_tokens of the endpoint lab to 2048 or less (it is 3500)"


def test_a_server_that_calls_the_context_what_max_tokens_leaves_of_it() -> None:
    words = "This model's maximum context length is 3 tokens. However, your request has 812 input tokens."
    assert advice(words) == "lower max_tokens of the endpoint lab: it is 3500, and the server leaves 3 to the rest"


def test_words_without_numbers() -> None:
    old = "the request exceeds the available context size. try increasing the context size or enable context shift"
    either = "lower max_tokens of the endpoint lab (it is 3500), or serve the model with a longer context"
    assert advice(old) == advice("too long", "context_length_exceeded") == TooLong().advice(3500, "lab") == either


@pytest.mark.parametrize(
    "words",
    [
        "temperature must not be negative",
        "max_tokens must be a positive integer",
        "n must be 1",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "",
    ],
)
def test_other_refusals_are_none_of_length(words: str) -> None:
    assert too_long("invalid_request_error", words) is None


@given(st.integers(2, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_what_is_advised_fits(context: int, prompt: int, max_tokens: int) -> None:
    said = TooLong(context, prompt).advice(max_tokens, "lab")
    named = re.match(r"set max_tokens of the endpoint lab to (\d+) or less", said)
    if named is None:
        assert prompt >= context
    else:
        assert 0 < int(named[1]) == context - prompt


@given(st.text())
def test_no_words_break_the_reader(words: str) -> None:
    found = too_long("", words)
    assert found is None or found.advice(3500, "lab")
