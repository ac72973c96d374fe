"""A report as a file: what it tells, and that nothing in it comes from outside or runs."""

import json
import math
import re
from html.parser import HTMLParser

import pytest

from snnrun.studies.report.collecting import Collection
from snnrun.studies.report.markup import digest
from snnrun.studies.report.page import news, page
from tests.studies.report.folders import ACCURACIES, EVIL, log, make, picture

ROOM = 10**6


class Read(HTMLParser):
    """What a page holds.

    text: what is read in it; of the head and of scripts, nothing.
    inside: what each element of some kinds holds.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.within, self.text = [], [], ""
        self.inside = {"style": [], "script": [], "pre": [], "tr": []}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "img", "br", "input", "wbr"):
            self.within.append(tag)
        if tag in self.inside:
            self.inside[tag].append("")
        if tag in ("td", "th") and self.inside["tr"][-1]:
            self.inside["tr"][-1] += "|"

    def handle_endtag(self, tag):
        assert self.within.pop() == tag

    def handle_data(self, data):
        for tag in {*self.within} & {*self.inside}:
            self.inside[tag][-1] += data
        if not {"style", "script"} & {*self.within}:
            self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def study(*places, room: int = ROOM) -> Collection:
    found = Collection(places, room)
    found.read_on()
    return found


def read(found: Collection) -> Read:
    return Read(page(found, found.figures()))


def numbers(read: Read):
    return json.loads(read.inside["script"][0])


@pytest.fixture
def seeds(tmp_path):
    """Two runs that differ in their seed, and one in a size."""
    small = {"model": {"name": "lif", "layers": [{"size": 5}]}}
    made = [make(tmp_path, "a"), make(tmp_path, "b", {"seed": 1}), make(tmp_path, "c", small)]
    return [run.path for run in made]


def test_it_tells_what_runs_reached_and_means_over_seeds(tmp_path):
    make(tmp_path, "a")
    make(tmp_path, "b", {"seed": 1}, best={"epoch": 3, "accuracy": 0.85})
    make(tmp_path, "c", {"seed": 2}, best={"epoch": 4, "accuracy": 0.8}, epoch=2)
    rows = read(study(tmp_path)).inside["tr"]
    assert "lif, eprop on digits|3|80.00% ± 5.00%|70.00% ± 0.00% (2 of 3)|1 min 15 s" in rows
    assert "run|state|epoch|seed|validation accuracy|test accuracy|best epoch|time" in rows
    assert "a|finished|4 of 4|0|75.00%|70.00%|3|1 min 15 s" in rows
    assert "c|finished|2 of 4|2|80.00%||4|1 min 15 s" in rows


def test_settings_that_differ_stand_on_top(seeds):
    found = read(study(*seeds))
    rows = found.inside["tr"]
    at = rows.index("setting|size=30|size=5")
    assert rows[at + 1 : at + 3] == ["seed|0, 1|0", "model.layers.0.size|30|5"]
    assert rows.index("train.epochs|4") > at
    assert "6 settings that all runs have" in found.text
    assert "The same but for the seed: b (seed 1)" in found.text
    assert json.loads(found.inside["pre"][1])["model"] == {"name": "lif", "layers": [{"size": 5}]}


def test_many_groups_have_a_line_each(tmp_path):
    for size in range(1, 9):
        make(tmp_path, f"run_{size}", {"model": {"name": "lif", "layers": [{"size": size}]}})
    rows = read(study(tmp_path)).inside["tr"]
    at = rows.index("group|model.layers.0.size")
    assert rows[at + 1 : at + 3] == ["size=1|1", "size=2|2"]


def test_a_run_that_failed_is_in_no_mean(tmp_path):
    """One that diverged has the validation of the network that had not learned yet."""
    for seed, accuracy in enumerate([0.7, 0.8, 0.1]):
        found = {"best": {"epoch": 3, "accuracy": accuracy}, "test": {"3": {"accuracy": accuracy}}}
        state = "failed" if accuracy < 0.5 else "finished"
        make(tmp_path, f"a{seed}", {"seed": seed}, state=state, **found)
    make(tmp_path, "b", {"model": {"name": "lif", "layers": [{"size": 5}]}})
    rows = read(study(tmp_path)).inside["tr"]
    mean = "75.00% ± 7.07% (2 of 3)"
    assert any(f"|3|{mean}|{mean}|" in row for row in rows)


def test_a_single_run_has_no_groups(tmp_path):
    make(tmp_path, "a")
    found = read(study(tmp_path / "a"))
    assert "Each run" not in found.text
    assert "8 settings" in found.text
    assert numbers(found)["groups"] == ["lif, eprop on digits"]


def test_groups_that_have_long_settings_go_by_their_first_run(tmp_path):
    for name in ("a", "b"):
        make(tmp_path, name, {"model": {"name": "lif", "note": 60 * name}})
    assert numbers(read(study(tmp_path)))["groups"] == ["a", "b"]


def test_code_and_machine_are_told(tmp_path):
    first, second = make(tmp_path, "a"), make(tmp_path, "b")
    rows = read(study(tmp_path)).inside["tr"]
    assert "git: commit|0123456789abcdef" in rows
    assert "git: dirty|yes" in rows
    assert "packages: torch|2.9.0" in rows
    second.write_json("environment.json", first.read_json("environment.json") | {"python": "3.13"})
    rows = read(study(tmp_path)).inside["tr"]
    assert "a|b" == rows[rows.index("python|3.12.1|3.13") - 1]


def test_commands_repeat_what_was_done(tmp_path):
    run = make(tmp_path, "a")
    known = run.read_json("environment.json")
    run.write_json(
        "environment.json", {**known, "continued": [{"command": ["snnrun", "continue"]}]}
    )
    typed, config, again = read(study(tmp_path)).inside["pre"][1:]
    assert typed.split("\n") == [
        "git checkout 0123456789abcdef  # and changes on top of it",
        "# a",
        "snnrun train 'my configs/digits.yaml'",
        "snnrun continue",
    ]
    assert config == f"snnrun train {tmp_path / 'a' / 'config.yaml'}"
    assert again == f"snnrun report {tmp_path} -o report.html"


def test_what_went_wrong_is_told(tmp_path):
    run = make(tmp_path, "a", state="failed")
    run.write_json("status.json", {"state": "failed", "reason": "the loss is nan"})
    make(tmp_path, "b").path.joinpath("metrics.jsonl").write_text("{}\n")
    (tmp_path / "b" / "environment.json").write_text("no")
    text = read(study(tmp_path)).text
    assert "a: failed: the loss is nan" in text
    assert "b: " + str(tmp_path / "b" / "metrics.jsonl:1 is damaged") in text
    assert "b: " + str(tmp_path / "b" / "environment.json is damaged") in text


def test_curves_are_those_that_were_logged(seeds):
    told = numbers(read(study(*seeds)))
    assert told["groups"] == ["size=30", "size=5"]
    assert [(run["name"], run["group"]) for run in told["runs"]] == [("a", 0), ("b", 0), ("c", 1)]
    (curve,) = [
        each
        for each in told["runs"][0]["curves"]
        if (each["split"], each["name"]) == ("validation", "accuracy")
    ]
    assert (curve["epochs"], curve["values"]) == ([1, 2, 3, 4], list(ACCURACIES))


def test_figures_are_in_the_page_and_what_is_left_out_is_told(tmp_path):
    run = make(tmp_path, "a")
    picture(run, "curves")
    picture(run, "large", more=9999 * b"x")
    found = read(study(tmp_path, room=1000))
    (image,) = found.of("img")
    assert (image["alt"], image["width"], image["height"]) == ("curves of a", "2", "1")
    assert image["src"].startswith("data:image/png;base64,iVBORw0KGgo")
    assert "1 figure left out; --figures MB takes more" in found.text
    assert "large.png: 10,0" in found.text


def test_nothing_comes_from_elsewhere(seeds):
    made = page(study(*seeds), study(*seeds).figures())
    found = Read(made)
    addresses = [each.get("src") or each.get("href") for _, each in found.tags]
    parts = "#runs", "#over-epochs", "#settings", "#code", "#again"
    assert {address for address in addresses if address} == {"data:,", *parts}
    outside = re.findall(r"(?:https?:)?//[\w.]+", re.sub(r"\s// .*", "", made))
    assert {*outside} <= {"http://www.w3.org"}  # the name of SVG, which nothing is loaded from


def test_its_policy_lets_its_own_script_run_and_no_other(seeds):
    found = read(study(*seeds))
    (told,) = [each["content"] for each in found.of("meta") if "http-equiv" in each]
    rules = dict(rule.split(" ", 1) for rule in told.split("; "))
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": digest(found.inside["style"][0]),
        "script-src": digest(found.inside["script"][1]),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_texts_of_run_folders_are_escaped_wherever_they_stand(tmp_path):
    """A run whose name, settings, messages, machine and numbers hold markup."""
    evil = EVIL.replace("/", "∕")  # in the name of a folder
    settings = {"note": EVIL, EVIL: EVIL, "model": {"name": EVIL, EVIL: EVIL}}
    run = make(tmp_path, evil, settings, state=EVIL, judged_by=EVIL, best={"epoch": 1, EVIL: 0.5})
    make(tmp_path, "b", {"note": 1})
    run.write_json("status.json", {"state": EVIL, "reason": EVIL})
    run.write_json("environment.json", {EVIL: EVIL, "git": {"commit": EVIL}, "command": [EVIL]})
    log(run, 1, EVIL, **{EVIL: 0.5})
    picture(run, evil)
    plain = read(study(tmp_path / "b"))
    found = read(study(tmp_path))
    others = {tag for tag, _ in found.tags} - {tag for tag, _ in plain.tags}
    assert others == {"img", "figure", "figcaption", "ul", "li"}
    assert len(found.inside["script"]) == 2
    assert not [each for _, each in found.tags if "onerror" in each]
    assert [each["src"][:5] for each in found.of("img")] == ["data:"]
    assert found.text.count(EVIL) > 10
    assert numbers(found)["runs"][0]["name"] == evil


def test_who_takes_long_to_read_reads_less_often(tmp_path, monkeypatch):
    """The first reading, of whole logs, kept the next one waiting for ten times as long."""
    make(tmp_path, "a")
    clock = iter([0.0, 500.0, 502.0, 503.0, 521.0, 523.0, 600.0, 0.0])
    found = Collection([tmp_path], ROOM)
    monkeypatch.setattr("snnrun.studies.report.collecting.time.monotonic", lambda: next(clock))
    readings = []
    for _ in range(5):
        found.read_on()
        readings.append(found.reading)
    assert readings == [1, 2, 2, 2, 3]
    assert found._until == 600.0 + 30.0


def test_news_are_what_came_after_a_reading(tmp_path):
    first, second = make(tmp_path, "a", state="running"), make(tmp_path, "b")
    found = Collection([tmp_path], ROOM)
    found.read_on()
    since, layout = found.reading, found.layout
    assert news(found, since)["runs"] == {}
    log(second, 5, "validation", accuracy=0.875)
    found._until = math.inf
    found.read_on()  # nothing is read so soon
    assert found.reading == since
    found._until = 0.0
    found.read_on()
    told = news(found, since)
    assert told["layout"] == layout
    assert told["reading"] > since
    assert told["runs"]["1"]["curves"] == [
        {"split": "validation", "name": "accuracy", "epochs": [5], "values": [0.875]}
    ]
    assert told["runs"]["1"]["cells"][1] == ["finished", "finished"]
    assert {*told["runs"]} == {"1"}
    assert first.path == found.runs[0].found.path


@pytest.mark.parametrize("change", ["run", "figure", "seed", "lines"])
def test_a_page_is_made_anew_where_its_runs_are_others(tmp_path, change):
    run = make(tmp_path, "a")
    found = Collection([tmp_path], ROOM)
    found.read_on()
    layout = found.layout
    if change == "run":
        make(tmp_path, "b")
    elif change == "figure":
        picture(run, "curves")
    elif change == "seed":
        make(tmp_path / "other", "a", {"seed": 9}).path.joinpath("summary.json").replace(
            run.path / "summary.json"
        )
    else:
        run.cut_lines(2, 0)
    found._until = 0.0
    found.read_on()
    assert found.layout == layout + 1
