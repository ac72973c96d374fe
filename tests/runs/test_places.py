"""What a shared folder does not tell: paths, and the names of people and machines in them."""

import pytest

from snnrun.runs.places import without_places


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/jane", "~"),
        ("--results=/Users/jane/", "--results=~"),
        ("a=/home/jane/x.yaml --results=/home/jane/runs", "a=x.yaml --results=runs"),
        ("cannot write /home/jane van doe/runs/x: No space", "cannot write x: No space"),
        ("{values: '/home/jane doe/x.npy'}", "{values: 'x.npy'}"),
        ("{uri: file:///home/jane/log}, sqlite:////home/jane/m.db", "{uri: log}, m.db"),
        ("C:/Users/jane/a.yaml", "a.yaml"),
        ("jane@box:/data/x.npy", "x.npy"),
        ("./../jane/x.npy", "x.npy"),
        ("-o/home/jane/figures", "-ofigures"),
        ("eval runs/a -o../jane/figures", "eval runs/a -ofigures"),
    ],
)
def test_names_of_people_and_machines_go_with_the_path(text, left):
    """Each of these told the name of a person or of a machine, or the way to the file."""
    assert without_places(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "runs/a/b.yaml",
        "https://a.org/b/c",
        "1/2 and 3/4",
        "train.epochs=3",
        "loss: 3/4",
        "a: b",
        "",
    ],
)
def test_what_is_no_place_stays(text):
    assert without_places(text) == text
