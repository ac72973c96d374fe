"""The commands, in Markdown: what ``snnrun COMMAND --help`` says of each."""

from collections.abc import Iterator
from typing import Any

from settings import code, plain
from typer.main import get_command

from snnrun.cli.verbs import app

_OF_ALL = ("plugin", "debug", "help")  # said once, at the top of the page


def listed() -> str:
    """Return all commands, grouped as ``snnrun --help`` groups them."""
    group: Any = get_command(app)
    context = group.make_context("snnrun", ["--help"], resilient_parsing=True)
    found: dict[str, list[str]] = {}
    for name in group.list_commands(context):
        command = group.commands[name]
        found.setdefault(command.rich_help_panel, []).extend(_command(name, command, context))
    return "\n\n".join(part for panel, parts in found.items() for part in [f"## {panel}", *parts])


def _command(name: str, command: Any, above: Any) -> Iterator[str]:
    context = command.make_context(name, [], parent=above, resilient_parsing=True)
    yield f"### `snnrun {name}`"
    yield plain(command.help or "")
    usage = " ".join(["snnrun", name, *command.collect_usage_pieces(context)])
    yield f"```text\n{usage}\n```"
    own = [each for each in command.get_params(context) if each.name not in _OF_ALL]
    records = [each.get_help_record(context) for each in own]
    rows = [f"| {code(words)} | {plain(help)} |" for words, help in filter(None, records)]
    if rows:
        yield "\n".join(["| | |", "|---|---|", *rows])
