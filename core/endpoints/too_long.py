"""Requests that do not fit into a server's context: whether the prompt or max_tokens is to be changed, and to what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_NUMBER: Final = r"(\d[\d,_]*)"

_SIGNS: Final = re.compile(
    r"context[ _-](?:length|size|window|limit)|context_length|n_ctx|max_model_len|maximum model length|too many tokens"
    r"|prompt is too long|\btokens\b.{0,80}\bexceed"
    r"|maximum (?:allowed )?(?:number of )?(?:output|input|completion) tokens|exceed_context_size|input tokens exceed"
    r"|must have less than \d+ tokens|max_tokens\W.{0,40}too large"
    r"|max_new_tokens\W{0,3} must be <=",
    re.IGNORECASE | re.DOTALL,
)
_LIMITS: Final = (
    rf"exceed context limit: \d+ \+ \d+ > {_NUMBER}",
    rf"context (?:length|size|window|limit)(?: of the model)?(?: is| of|:)?(?: only)?\W{{0,3}}{_NUMBER}",
    rf"(?:model's|maximum) context length(?: is| of)?(?: only)? \(?{_NUMBER}",
    rf"{_NUMBER} maximum context length",
    rf"context size \({_NUMBER}",
    rf"n_ctx\W{{1,4}}{_NUMBER}",
    rf"max(?:imum)?[_ ]model[_ ]len(?:gth)?(?: of | is |\W{{1,4}}){_NUMBER}",
    rf"model maximum context length: {_NUMBER}",
    rf"must be <= {_NUMBER}",
    rf"prompt is too long: \d+ tokens > {_NUMBER}",
    rf"must have less than {_NUMBER} tokens",
    rf"configured limit of {_NUMBER}",
)
_PROMPTS: Final = (
    rf"{_NUMBER} input tokens",
    rf"{_NUMBER} (?:tokens )?(?:in|from) (?:the|your) (?:input )?(?:messages|prompt)",
    rf"{_NUMBER} of text input",
    rf"{_NUMBER} `inputs` tokens",
    rf"messages resulted in {_NUMBER} tokens",
    rf"request \({_NUMBER} tokens\)",
    rf"n_prompt_tokens\W{{1,4}}{_NUMBER}",
    rf"n_keep\W{{1,4}}{_NUMBER}",
    rf"keep the first {_NUMBER} tokens",
    rf"prompt (?:\(?(?:total )?length |contains |is too long: ){_NUMBER}",
    rf"the input \({_NUMBER} tokens\)",
    rf"exceed context limit: {_NUMBER} \+",
    rf"must have less than \d+ tokens\. given: {_NUMBER}",
)
_OUTPUTS: Final = (
    rf"at most {_NUMBER} (?:completion|output) tokens",
    rf"valid range of max_tokens is \[\d+, ?{_NUMBER}\]",
    rf"max_tokens: \d+ > {_NUMBER}",
    rf"max_(?:completion_)?tokens\W{{0,3}} must be less than or equal to \W?{_NUMBER}",
)
_ASKED: Final = (
    rf"{_NUMBER} (?:tokens )?(?:in|for) (?:the|your) (?:completion|output)",
    rf"requested {_NUMBER} output tokens",
    rf"{_NUMBER} [`']?max_(?:new_|completion_)?tokens",
    rf"tokens[`']? is too large: {_NUMBER}",
    rf"\d \+ {_NUMBER} > \d",
)


@dataclass(frozen=True)
class TooLong:
    """A refusal for length: tokens of the server's context, of the prompt, and at most of an answer, as far as said.

    ``asked`` are those that it was asked for, where it names them beside the context.
    """

    context: int | None = None
    prompt: int | None = None
    output: int | None = None
    asked: int | None = None

    def advice(self, max_tokens: int, endpoint: str) -> str:
        """Which of the two to change, and to what, as a sentence without its end."""
        where = f"max_tokens of the endpoint {endpoint}"
        if self.output is not None and max_tokens > self.output:
            return f"set {where} to {self.output} or less (it is {max_tokens})"
        if self.context is None:
            return f"lower {where} (it is {max_tokens}), or serve the model with a longer context"
        left = self.context - (self.prompt or max_tokens)
        if left > 0 and self.prompt is not None:
            taken = f"the prompt has {self.prompt} of {self.context}"
            return f"set {where} to {left} or less (it is {max_tokens}): {taken}"
        if self.prompt is not None and self.asked is not None:
            return f"serve the model with a longer context: the prompt alone has {self.prompt} of {self.context}"
        if max_tokens >= self.context:
            # Some servers name what max_tokens leaves of the context, and call that the context.
            return f"lower {where}: it is {max_tokens}, and the server leaves {self.context} to the rest"
        if self.prompt is None:
            return f"lower {where}: with {max_tokens} it leaves {left} of {self.context} to a prompt"
        return (
            f"serve the model with a longer context: the prompt alone has {self.prompt}, and there is room for"
            f" {self.context}; or lower {where} (it is {max_tokens}), if the server has taken that off already"
        )


def too_long(code: str, words: str) -> TooLong | None:
    """Read a refusal for length in the words of any common server; None where it is none."""
    context, prompt, output, asked = (_first(patterns, words) for patterns in (_LIMITS, _PROMPTS, _OUTPUTS, _ASKED))
    if output is None and not _SIGNS.search(f"{code} {words}"):
        return None
    return TooLong(context, prompt, output, asked)


def _first(patterns: Sequence[str], text: str) -> int | None:
    for pattern in patterns:
        found = re.search(pattern, text, re.IGNORECASE)
        if found is not None:
            return int(re.sub(r"[,_]", "", found[1])[:15])
    return None
