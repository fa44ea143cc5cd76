"""Which files cost what: ``pytest -p tests.costs`` adds the processor seconds of each, and of the processes it ran.

These hardly change with what else a machine does, unlike the seconds on a clock that ``--durations`` gives.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Generator

import pytest

STARTED = pytest.StashKey[float]()
NAME = "processor seconds"
SHOWN = 30


def used() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Look at the clock before anything is set up."""
    item.stash[STARTED] = used()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with the last report what the test has cost, whichever process it ran in."""
    report = yield
    if call.when == "teardown":
        report.user_properties.append((NAME, used() - item.stash[STARTED]))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The dearest files, and their share of all."""
    costs: Counter[str] = Counter()
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if getattr(report, "when", None) == "teardown":
            costs[report.nodeid.partition("::")[0]] += dict(report.user_properties)[NAME]
    terminalreporter.section(f"{NAME} of {len(costs)} files: {costs.total():.0f}")
    for path, seconds in costs.most_common(SHOWN):
        terminalreporter.write_line(f"{seconds:8.2f}  {path}")
