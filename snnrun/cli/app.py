"""The command ``snnrun`` itself; its verbs are registered by ``verbs`` and ``lookup``."""

from typing import Annotated

import typer

from snnrun.cli.console import Grouped

app = typer.Typer(
    cls=Grouped,
    help="Train, evaluate and compare spiking neural networks from one config file.",
    epilog="Start with:  snnrun train configs/first_spike_yin_yang.yaml",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from snnrun.cli.version import version_text

        print(version_text())
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """Take the options that stand before a command."""
