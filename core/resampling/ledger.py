"""What the parts of one run share: the request, the rows, the count, the budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.resampling.budget import Bill, Budget
from core.resampling.progress import Progress, Tally
from core.resampling.recording import Record
from core.resampling.request import RunRequest
from core.resampling.retrying import GivenUpError
from core.store.database import Store


@dataclass
class Ledger:
    """The state of one run; ``last_failure`` is what the last request that was given up said."""

    request: RunRequest
    store: Store
    record: Record
    budget: Budget
    tally: Tally
    on_progress: Callable[[Progress], None]
    last_failure: str = ""

    def report(self) -> None:
        """Tell how far the run is; to be called after a commit."""
        self.on_progress(self.tally.picture())

    def pay(self, bill: Bill) -> None:
        """Note what an answer cost."""
        self.budget.spend(bill.cost)
        self.tally.bill(bill)

    def give_up(self, error: GivenUpError, n: int) -> None:
        """Note ``n`` samples or judgements that were given up, and report."""
        self.tally.failures[error.fault.kind] += n
        self.last_failure = error.fault.message
        self.report()
