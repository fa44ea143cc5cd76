"""A sheet of paper measured in inches from its upper left corner, on which panels and lines of text are placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 72
"""Points in an inch."""


@dataclass(frozen=True)
class Page:
    """A figure of ``width`` by ``height`` inches."""

    figure: Figure
    width: float
    height: float

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """A panel with its upper left corner there."""
        bottom = self.height - top - height
        return self.figure.add_axes((left / self.width, bottom / self.height, width / self.width, height / self.height))

    def write(self, text: str, left: float, baseline: float, size: float, **how: Any) -> None:
        """One line of text of ``size`` points, on a baseline so many inches from the top."""
        self.figure.text(left / self.width, 1 - baseline / self.height, text, size=size, va="baseline", **how)

    def box(self, left: float, top: float, width: float, height: float, **how: Any) -> None:
        """A filled rectangle behind the text."""
        from matplotlib.patches import Rectangle

        corner = (left / self.width, 1 - (top + height) / self.height)
        size = (width / self.width, height / self.height)
        patch = Rectangle(corner, *size, transform=self.figure.transFigure, **({"linewidth": 0} | how))
        self.figure.add_artist(patch)


def blank(width: float, height: float) -> Page:
    """An empty page, which belongs to no window and to no list of open figures."""
    from matplotlib.figure import Figure

    return Page(Figure(figsize=(width, height), facecolor="white"), width, height)


def leading(size: float) -> float:
    """Inches from one baseline to the next for lettering of ``size`` points."""
    return 1.28 * size / POINTS
