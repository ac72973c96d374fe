"""Texts that are anybody's, as HTML and as JSON."""

import json
import math

import pytest

from snnrun.studies.report.markup import Markup, as_json, digest, element, joined, plain
from tests.studies.report.folders import EVIL


def test_what_is_inside_an_element_is_escaped_unless_it_is_markup():
    inner = element("b", "1 < 2")
    assert element("p", inner, " & ", 3.5, None) == "<p><b>1 &lt; 2</b> &amp; 3.5</p>"
    assert joined(["<", Markup("<br>")]) == "&lt;<br>"


def test_what_an_attribute_says_is_escaped():
    said = element("td", data_value=EVIL, class_="a", open=True, hidden=False, id=None)
    assert said.startswith('<td data-value="&lt;/script&gt;&lt;img src=x onerror=&quot;')
    assert said.endswith(' class="a" open></td>')
    assert said.count("<") == 2


def test_an_image_has_no_end():
    assert element("img", alt="x") == '<img alt="x">'


def test_what_cannot_be_seen_is_shown_as_what_it_is():
    assert plain("a\nb\x1b[2J\ud800\u202e") == "a\nb\\x1b[2J\\ud800\\u202e"


@pytest.mark.parametrize("text", [EVIL, "<!--<script>", "]]>", "\u2028", "\ud800", "&lt;"])
def test_nothing_in_json_ends_a_script(text):
    said = as_json({text: [text]})
    assert not {"<", ">", "&", "\u2028"} & {*said}
    assert said.isascii()
    assert json.loads(said) == {plain(text): [plain(text)]}


def test_numbers_that_json_does_not_know_are_null():
    values = [math.nan, math.inf, -math.inf, 0.5]
    assert json.loads(as_json({"a": values})) == {"a": [None, None, None, 0.5]}


def test_a_digest_is_that_of_the_bytes():
    """By `printf "ä" | openssl dgst -sha256 -binary | base64`."""
    assert digest("ä") == "'sha256-M+bXP+6CkEyNevt43hFU0ejcKg7bCBIOY99bk4XC2cw='"
