"""Drawing the same on every machine: matplotlib's defaults and ours, whatever a notebook or a settings file says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SIZE: Final = 6.5
"""Points of ordinary lettering, at the size at which a figure is printed."""

SMALL: Final = 6.0
HEADING: Final = 8.0

# Settings and log belong to the whole process, so that only one thread at a time may remember how they were.
_ALONE = threading.RLock()
_SETTINGS: Final = {
    "font.family": ["DejaVu Sans"],
    "font.size": SIZE,
    "text.parse_math": False,  # a dollar sign in a sentence is a dollar sign
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": SIZE,
    "axes.labelsize": SIZE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "turnpoint",
    "pdf.fonttype": 42,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw with turnpoint's settings inside the block; matplotlib's own are put back, and it says nothing."""
    log = logging.getLogger("matplotlib")
    with _ALONE:
        level = log.level
        # On a new machine the import itself talks, about its cache of fonts.
        log.setLevel(logging.CRITICAL)
        try:
            import matplotlib

            with matplotlib.rc_context():
                matplotlib.rcdefaults()
                matplotlib.rcParams.update(_SETTINGS)  # type: ignore[arg-type]
                yield
        finally:
            log.setLevel(level)
