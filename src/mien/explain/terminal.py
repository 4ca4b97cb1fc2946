"""A traced step on the terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mien.explain.example import Example
from mien.explain.steps import steps


def render(example: Example) -> Iterator[RenderableType]:
    """One panel a step, then the notes on the source, for a Rich console."""
    for number, step in enumerate(steps(example), 1):
        lines = [Text(line.plain) for line in step.lines]
        yield Panel(
            Group(Text(step.rule.plain, style="dim italic"), *lines),
            title=f"[bold]{number}. {step.title}[/bold]",
            title_align="left",
            border_style="magenta" if "Backward" in step.title or "Gradients" in step.title else "cyan",
        )
    if example.notes:
        table = Table(title="Where the source of this example goes wrong", title_justify="left", show_lines=True)
        table.add_column("it says", ratio=2)
        table.add_column("but", ratio=3)
        for said, true in example.notes:
            table.add_row(Text(said), Text(true))
        yield table
