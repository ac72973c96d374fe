"""A report, opened and operated in a browser."""

import math

import pytest

from snnrun.studies.report.writing import write_report
from tests.browser import browser
from tests.studies.report.folders import EVIL, log, make, picture

WIDE, NARROW = 1280, 400


@pytest.fixture(scope="module")
def chromium():
    with browser() as made:
        yield made


@pytest.fixture
def window(chromium):
    """A wide one; nothing may be said on its console."""
    chromium.resize(WIDE)
    chromium.media()
    chromium.said()
    yield chromium
    assert chromium.said() == []


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A report of two runs that differ in their seed, and one of another size."""
    folder = tmp_path_factory.mktemp("runs")
    make(folder, "a")
    make(folder, "b", {"seed": 1}, best={"epoch": 3, "accuracy": 0.5})
    small = {"model": {"name": "lif", "layers": [{"size": 5}]}}
    run = make(folder, "c", small, best={"epoch": 3, "accuracy": 0.875}, seconds=9.0)
    log(run, 5, "validation", accuracy=0.875, loss=0.0)
    picture(run, "curves")
    write_report([folder], folder / "report.html", 10**6)
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(window, address):
    """The report, freshly opened."""
    window.open(address)
    return window


#: The chart of the accuracy, which comes first.
CHART = ".chart:first-child"
LINES = f"{CHART} path.line"


def told(page) -> list[str]:
    return page.texts(f"{CHART} .told:not([hidden]) p")


def test_a_chart_for_what_runs_are_judged_by_and_the_loss(page):
    assert page.texts(".chart h3") == ["accuracy", "loss"]
    assert page.count(LINES) == 9  # three runs, three splits
    assert page.count(f"{CHART} circle.test") == 3


def test_pointing_tells_the_values_of_the_epoch(page):
    page.point(f"{CHART} svg")
    head, *lines = told(page)
    assert head == "epoch 3"
    assert lines == [
        *(f"0.75 validation, {run}" for run in "abc"),
        *(f"0.7 test, {run}" for run in "abc"),
        *(f"0.65 train, {run}" for run in "abc"),
    ]
    page.point("h1")
    assert told(page) == []


def test_pointing_tells_the_nearest_epoch_of_a_line_that_others_outlast(page):
    page.point(f"{CHART} svg", right=250)
    assert told(page)[:2] == ["epoch 5", "0.875 validation, c"]
    assert len(told(page)) == 2


def test_keys_tell_values_too(page):
    page.run(f"document.querySelector('{CHART} svg').focus()")
    page.type("\ue014")  # right
    assert told(page)[0] == "epoch 1"
    page.type("\ue014", "\ue014")
    assert told(page)[0] == "epoch 3"
    page.type("\ue010", "\ue012")  # end, left
    assert told(page)[0] == "epoch 4"
    page.type("\ue00c")  # escape
    assert told(page) == []


def test_a_run_a_group_and_a_split_can_be_hidden(page):
    page.press(".group summary")
    page.press(".group details .chip", "b")
    assert page.count(LINES) == 6
    assert page.run("return document.querySelector('.group input').indeterminate")
    page.press(".group > .chip", "size=30")
    assert page.count(LINES) == 3
    page.press(".chip", "train")
    assert page.count(LINES) == 2
    page.press(".groups button", "all")
    assert page.count(LINES) == 6
    page.press(".groups button", "none")
    assert page.count(LINES) == 0
    assert page.texts(f"{CHART} .tick") == ["nothing to draw"]


def test_a_number_can_be_hidden(page):
    page.press(".chip", "accuracy")
    assert page.texts(".chart h3") == ["loss"]
    page.press(".chip", "loss")
    assert page.texts(".charts") == ["no number is chosen"]


def test_means_are_drawn_with_their_deviation(page):
    page.press(".chip", "means")
    assert page.count(LINES) == 6
    assert page.count(f"{CHART} path.band") == 3
    page.point(f"{CHART} svg")
    assert "0.75 ± 0 validation, size=30, 2 runs" in told(page)
    assert "0.7 ± 0 test, size=30, 2 runs" in told(page)


def test_a_logarithmic_axis_is_one_of_the_error(page):
    linear = page.texts(f"{CHART} .tick")
    page.press(".chip", "logarithmic")
    assert page.texts(".chart h3") == ["error (1 − accuracy)", "loss"]
    ticks = page.texts(f"{CHART} .tick")
    assert ticks != linear
    assert ticks[:3] == ["0.2", "0.5", "1"]
    page.point(f"{CHART} svg")
    assert "0.25 validation, a" in told(page)


def column(page, number: int) -> list[str]:
    return page.texts(f"#of-runs tbody tr > :nth-child({number})")


def test_tables_can_be_sorted_by_mouse_and_key(page):
    heads = [head.split("\n")[0] for head in page.texts("#of-runs th[scope=col]")]
    validation = heads.index("validation accuracy") + 1
    assert column(page, validation) == ["75.00%", "50.00%", "87.50%"]
    page.press("#of-runs thead button", "validation")
    assert column(page, validation) == ["50.00%", "75.00%", "87.50%"]
    assert column(page, 1) == ["b", "a", "c"]
    page.type("\ue007")  # enter, where the focus is
    assert column(page, validation) == ["87.50%", "75.00%", "50.00%"]
    assert page.count("[aria-sort=descending]") == 1
    page.press("#of-runs thead button", "time")
    assert column(page, len(heads)) == ["9.0 s", "1 min 15 s", "1 min 15 s"]
    assert page.count("[aria-sort]") == 1


def test_settings_are_folded(page):
    assert page.count("#settings pre") == 0
    page.press("#settings summary", "config.yaml of a")
    assert page.count("#settings pre") == 1


@pytest.mark.parametrize("width", [WIDE, 800, NARROW, 320])
def test_it_is_as_wide_as_the_window(page, width):
    page.resize(width)
    assert page.overflow() == 0
    page.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.overflow() == 0
    widths = page.run(
        "return [...document.querySelectorAll('.chart svg')].map((e) => e.viewBox.baseVal.width)"
    )
    assert all(280 <= each <= width for each in widths)


def test_what_is_long_is_broken(window, tmp_path):
    """A name, a setting, a number and a message of a hundred letters without a blank."""
    long = 100 * "x"
    run = make(tmp_path, long, {"note": long, long: long}, state="failed")
    run.write_json("status.json", {"state": "failed", "reason": long})
    log(run, 1, "validation", **{long: 0.5})
    write_report([tmp_path], tmp_path / "report.html", 0)
    window.resize(320)
    window.open((tmp_path / "report.html").as_uri())
    window.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert window.overflow() == 0
    window.press(".controls .chip", long)
    assert window.overflow() == 0


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_names_of_runs_go_on_in_the_next_line_behind_a_whole_word(window, tmp_path, width):
    """They were broken at any letter: ``first_spike_del``, ``ays_yin_yang``."""
    long = "first_spike_delays_yin_yang_with_long_names_"
    for letter in "ab":
        run = make(tmp_path / long, f"{long}{letter}", {"note": 200 * letter})
        log(run, 1, "validation", accuracy=0.5)
    write_report([tmp_path / long], tmp_path / "report.html", 0)
    window.resize(width)
    window.open((tmp_path / "report.html").as_uri())
    lines = """
        const lines = [], range = document.createRange();
        let top = null;
        const walk = document.createTreeWalker(arguments[0], NodeFilter.SHOW_TEXT);
        for (let node = walk.nextNode(); node; node = walk.nextNode())
          for (let at = 0; at < node.length; at += 1) {
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            const box = range.getBoundingClientRect();
            if (box.top !== top) lines.push("");
            top = box.top;
            lines[lines.length - 1] += node.data[at];
          }
        return lines;
    """
    for selector in ("h1", "#of-runs tbody th", ".groups .chip span:last-child"):
        found = window.run(lines.replace("arguments[0]", f"document.querySelector('{selector}')"))
        assert long in "".join(found)
        assert all(line[-1] in "_ " for line in found[:-1])
    assert window.overflow() == 0


def test_on_paper_all_is_open_and_nothing_can_be_pressed(page):
    assert page.count("#settings pre, .legend > span") == 0
    page.media("print")
    assert page.count("#settings pre") == 2
    page.until("document.querySelectorAll('#settings details:not([open])').length === 0")
    assert page.count("nav, .controls, .controls input") == 0
    assert page.count(LINES) == 9
    assert page.count(".legend > span") == 2
    assert page.texts(".legend > span") == ["size=30", "size=5"]
    page.resize(700)  # a sheet, without its margins
    assert page.overflow() == 0
    assert (
        page.run(
            "return [...document.querySelectorAll('table, pre, svg, img')]"
            ".filter((e) => e.getBoundingClientRect().right > innerWidth).length"
        )
        == 0
    )
    page.media()
    page.until("document.querySelectorAll('#settings details[open]').length === 0")
    assert page.paper().startswith(b"%PDF")


def test_it_is_dark_where_that_is_preferred_but_not_on_paper(page):
    script = "return getComputedStyle(document.body).backgroundColor"
    light = page.run(script)
    page.media("", prefers_color_scheme="dark")
    dark = page.run(script)
    page.media("print", prefers_color_scheme="dark")
    assert (light, dark, page.run(script)) == ("rgb(255, 255, 255)", "rgb(20, 23, 26)", light)


def test_nothing_that_is_loaded_can_be_added(page):
    page.run("document.body.append(Object.assign(new Image(), {src: 'https://example.org/a.png'}))")
    (said,) = page.said()
    assert "violates the following Content Security Policy directive" in said


def test_texts_of_run_folders_are_shown_as_they_are(window, tmp_path):
    """A run whose name, settings, messages and numbers hold a script."""
    name = EVIL.replace("/", "∕")
    settings = {"note": EVIL, EVIL: EVIL, "model": {"name": EVIL, EVIL: EVIL}}
    run = make(tmp_path, name, settings, state=EVIL, judged_by=EVIL, best={"epoch": 1, EVIL: 0.5})
    run.write_json("status.json", {"state": EVIL, "reason": EVIL})
    run.write_json("environment.json", {EVIL: EVIL, "git": {"commit": EVIL}, "command": [EVIL]})
    for epoch in (1, 2):
        log(run, epoch, EVIL, **{EVIL: 0.5})
    write_report([tmp_path], tmp_path / "report.html", 0)
    window.open((tmp_path / "report.html").as_uri())
    window.point(f"{CHART} svg", right=-100)
    assert f"0.5 {EVIL}, {name}" in told(window)
    assert window.texts(f"{CHART} h3") == [EVIL]
    assert window.texts("#of-runs tbody td")[0] == EVIL
    assert window.run("return document.title").endswith("report, snnrun")
    assert window.count("img") == 0


def test_a_report_of_hundreds_of_runs_can_be_worked_with(window, tmp_path):
    """A hundred groups, and more points than a page holds."""
    for number in range(300):
        size = {"model": {"name": "lif", "layers": [{"size": number // 3}]}, "seed": number % 3}
        run = make(tmp_path, f"run_{number:03d}", size)
        line = '{"step": 1, "epoch": %d, "split": "validation", "name": "accuracy", "value": %f}\n'
        lines = [line % (epoch, math.sin(epoch + number)) for epoch in range(150)]
        (run.path / "metrics.jsonl").write_text("".join(lines))
    page = tmp_path / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("snnrun.studies.report.page._POINTS", 30_000)
        write_report([tmp_path], page, 0)
    assert page.stat().st_size < 2e6
    window.open(page.as_uri())
    (note,) = window.texts("#curves > .note")
    assert note.endswith("Of longer curves, about 100 points are shown: peaks are kept.")
    assert window.count(LINES) == 300
    assert window.overflow() == 0
    window.run("[...document.querySelectorAll('.chip input')].at(3).click()")
    assert window.count(LINES) == 300
    window.press(".chip", "means")
    assert window.count(LINES) == 100
    window.point(f"{CHART} svg")
    assert told(window)[-1] == "and 90 more"
