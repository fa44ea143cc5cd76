"""All answers of a check, and what the tests on them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.endpoints.faults import MODERATED, RATE_LIMIT, Fault
from core.endpoints.probe.asking import Heard
from core.endpoints.probe.steps import NOTHING, ONE_LETTER, PLAIN, Step

if TYPE_CHECKING:
    from core.endpoints.endpoint import Endpoint


@dataclass(frozen=True)
class Evidence:
    """What came back: the list of models, and an answer or a fault for each step that was asked, by its name."""

    endpoint: Endpoint
    is_plain: bool
    models: tuple[str, ...] | Fault
    answers: Mapping[str, Heard | Fault] = field(default_factory=dict)

    def heard(self, step: Step) -> Heard | None:
        """The answer to a step; None if it failed or was not asked."""
        answer = self.answers.get(step.name)
        return answer if isinstance(answer, Heard) else None

    def fault(self, step: Step) -> Fault | None:
        """Why a step has no answer; None if it has one or was not asked."""
        answer = self.answers.get(step.name)
        return answer if isinstance(answer, Fault) else None

    def refused(self, step: Step) -> Fault | None:
        """A fault that tells something of what was asked: neither load nor a moderation does."""
        fault = self.fault(step)
        return None if fault is None or fault.kind in (RATE_LIMIT, MODERATED) else fault

    def tokens(self, step: Step) -> int | None:
        """Prompt tokens of a step; None where the server did not say."""
        heard = self.heard(step)
        return None if heard is None else heard.prompt_tokens

    def why_not(self, step: Step) -> str:
        """Why there is no answer to a step, or no number of tokens."""
        fault = self.fault(step)
        if fault is not None:
            return f"the request failed ({fault.message})"
        return "the server reports no prompt tokens" if step.name in self.answers else "not asked"

    @property
    def refusal(self) -> Fault | None:
        """Why no beginning of an answer is taken, where the question alone is answered; None where one is."""
        one, other = self.refused(ONE_LETTER), self.refused(PLAIN)
        return None if other is None or self.heard(NOTHING) is None else one

    @property
    def all_heard(self) -> tuple[Heard, ...]:
        """All answers, in the order in which they came."""
        return tuple(answer for answer in self.answers.values() if isinstance(answer, Heard))
