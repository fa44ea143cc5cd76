"""What a run may cost, and what text costs: estimates before, a hard cap during."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.endpoints.completion import Completion
from core.endpoints.endpoint import Endpoint
from core.errors import ConfigError

# English has about four UTF-8 bytes per token; hardly any text has fewer than two.
_BYTES_PER_TOKEN = 4
_FEWEST_BYTES_PER_TOKEN = 2


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has."""
    return math.ceil(_n_bytes(text) / _BYTES_PER_TOKEN)


def most_tokens(text: str) -> int:
    """More tokens than a text has under any common tokeniser, chat markup included."""
    return math.ceil(_n_bytes(text) / _FEWEST_BYTES_PER_TOKEN) + 64


def most_cost(endpoint: Endpoint, sent: str, n: int) -> float:
    """US dollars that a request for ``n`` answers cannot pass; 0 where no price is known."""
    return endpoint.cost(most_tokens(sent), n * endpoint.max_tokens) or 0.0


def check_cap(max_cost: float | None, endpoints: Iterable[Endpoint]) -> None:
    """Refuse a cost cap (US dollars, None: no cap) that cannot be kept.

    Raises:
        ConfigError: if it is no amount, or the prices of an endpoint are not known.
    """
    if max_cost is None:
        return
    if not math.isfinite(max_cost) or max_cost < 0:
        raise ConfigError("the cost cap must be an amount of US dollars; give 0 or more.")
    for endpoint in endpoints:
        if not endpoint.has_prices:
            raise ConfigError(
                f"a cost cap needs prices; set price_prompt and price_completion of the endpoint {endpoint.name}."
            )


@dataclass(frozen=True)
class Bill:
    """Tokens of one response, and their price: estimated from the texts where the server reports no usage.

    ``cached_tokens`` are those of ``prompt_tokens`` that the server had in its cache, None where it does not say.
    """

    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    cached_tokens: int | None = None


def bill_of(endpoint: Endpoint, completion: Completion, sent: str) -> Bill:
    """What one response cost."""
    prompt, answers = completion.prompt_tokens, completion.completion_tokens
    if prompt is None:
        prompt = estimated_tokens(sent)
    if answers is None:
        answers = sum(estimated_tokens(choice.text) for choice in completion.choices)
    cached = completion.cached_tokens
    return Bill(prompt, answers, endpoint.cost(prompt, answers, cached), cached)


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` in proportion to ``weights`` into whole numbers that add up to it exactly."""
    whole = sum(weights)
    if whole <= 0:
        weights, whole = [1] * len(weights), len(weights)
    done, out, seen = 0, [], 0
    for weight in weights:
        seen += weight
        upto = total * seen // whole
        out.append(upto - done)
        done = upto
    return out


def _n_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


class Budget:
    """A cap on spend and on rollouts; each request reserves the most it could cost before it is started.

    Attributes:
        spent: US dollars so far.
        refused: whether a reservation was refused since this was last set to false.
    """

    def __init__(self, max_cost: float | None = None, max_rollouts: int | None = None) -> None:
        self.max_cost = max_cost
        self.spent = 0.0
        self.refused = False
        self._reserved = 0.0
        self._rollouts_left = max_rollouts

    def reserve(self, cost: float) -> bool:
        """Reserve ``cost`` (US dollars) if everything in flight can then still end below the cap."""
        if self.max_cost is not None and self.spent + self._reserved + cost > self.max_cost:
            self.refused = True
            return False
        self._reserved += cost
        return True

    def settle(self, reserved: float) -> None:
        """Give a reservation back, whatever came of the request."""
        self._reserved -= reserved

    def spend(self, cost: float | None) -> None:
        """Note what a response cost."""
        self.spent += cost or 0.0

    def rollouts_allowed(self, wanted: int) -> int:
        """How many of ``wanted`` rollouts may still be drawn."""
        return wanted if self._rollouts_left is None else min(wanted, self._rollouts_left)

    def take_rollouts(self, n: int) -> None:
        """Count rollouts as drawn; a negative ``n`` gives back those that did not come."""
        if self._rollouts_left is not None:
            self._rollouts_left -= n
