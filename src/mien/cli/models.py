"""`mien models`: what is shipped, and the card of each."""

from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markdown import Markdown
from rich.table import Table

from mien.cli.console import out, print_json_line
from mien.errors import ConfigError
from mien.models.catalog import CATALOG
from mien.models.contract import ModelContract
from mien.models.session import open_session


def models(
    name: Annotated[str | None, typer.Argument(help="Show this network's card.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The contract of each network, one JSON object a line.")] = False,
) -> None:
    """List the shipped networks with what was measured, or show the card of one."""
    if name is not None and name not in CATALOG:
        raise ConfigError(f"no shipped network is called {name!r}; there are: {', '.join(CATALOG)}")
    contracts: dict[str, ModelContract] = {
        key: open_session(key, entry.contract)[1] for key, entry in CATALOG.items() if name in (None, key)
    }
    if as_json:
        for contract in contracts.values():
            print_json_line({"kind": contract.kind} | contract.to_json())
        return
    if name is not None:
        out.print(Markdown(CATALOG[name].card))
        return
    table = Table(box=SIMPLE_HEAD)
    for column in ("name", "what", "parameters", "measured"):
        table.add_column(column)
    for key, contract in contracts.items():
        table.add_row(key, CATALOG[key].summary, f"{contract.parameters:,}", "\n".join(contract.measured()))
    out.print(table)
