"""What docs/python.md shows is what happens; what it says of records is what they say."""

import doctest
import re
from pathlib import Path

from snnrun.core.record import FIELDS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "python.md"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_the_examples_give_what_stands_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("configs", "experiment_pretrained"):
        (tmp_path / name).symlink_to(ROOT / name)
    text = "\n".join(
        re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    )
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    told = list[str]()
    found = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
    assert found.attempted > 25
    assert not found.failed, "".join(told)


def test_every_field_of_a_record_is_told():
    text = PAGE.read_text(encoding="utf-8")
    for name, (axes, _) in FIELDS.items():
        assert f"| `{name}` | `{axes}` |" in text
