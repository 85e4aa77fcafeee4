"""The table that a benchmark prints: what was measured, what came out, and whether it is good enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement. `figure` is what it must be, '' where nothing is promised."""

    what: str
    measured: str
    figure: str = ""
    met: bool = True

    def cells(self) -> list[str]:
        """As they stand in the table."""
        verdict = ("yes" if self.met else "**no**") if self.figure else ""
        return [self.what, self.measured, self.figure, verdict]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that reads well as plain text too."""
    lines = [list(head), *([one.replace("|", "\\|") for one in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def seconds(value: float) -> str:
    """'0.4 ms', '812 ms', '1.24 s'."""
    if value < 0.01:
        return f"{value * 1000:.1f} ms"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
