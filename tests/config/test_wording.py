"""How many names a message lists."""

from snnrun.config.wording import choices
from snnrun.core.registry import Entry, Settings, Table


def table(size: int) -> Table[Entry]:
    entries = {f"n{number}": Entry(Settings, "") for number in range(size)}
    return Table("neuron", "tests.many", entries)


def test_a_few_names_are_listed():
    assert choices(table(3)) == "known: n0, n1, n2"
    assert choices(table(12)).endswith(", n10, n11")


def test_of_many_it_says_where_they_stand():
    """Twenty data sets made a line of which nobody read the half that told the nearest."""
    assert choices(table(13)) == "`snnrun list many` shows all"
