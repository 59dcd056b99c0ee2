"""Widgets and the address: what is chosen is in the address, what is in the address is chosen."""

import pytest
from streamlit.testing.v1 import AppTest

from kikime.harness.words.catalogue import Translator

SCRIPT = """
import streamlit as st
from kikime.leaderboard.page import state

NAMES = {"a": "あ", "b": "い", "c": "う"}
st.text(state.choose("one", "一つ", list(NAMES), show=NAMES.get, resets=("p",)))
st.text(",".join(state.choose_many("many", "いくつか", list(NAMES), show=NAMES.get, most=2)))
st.text(state.search("q", "検索", resets=("p",)))
st.text(str(state.switch("on", "入")))
st.text(str(state.slider("w", "重み", 1.0)))
st.text(state.tabs("view", NAMES))
st.text(str(state.page_number("p", 9)))
st.text(state.choose("run", "実行", list(NAMES), sticky=True, default="b"))
"""
DEFAULTS = ["a", "", "", "False", "1.0", "a", "1", "b"]


def opened(**parameters):
    app = AppTest.from_string(SCRIPT)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def address(app):
    """The address's parameters, each of which has one value."""
    found = {name: app.query_params[name] for name in app.query_params}
    return {name: values[0] if isinstance(values, list) else values for name, values in found.items()}


def shown(app):
    return [text.value for text in app.text]


def test_without_an_address_everything_is_at_its_default_and_stays_out_of_it():
    app = opened()
    assert shown(app) == DEFAULTS
    assert address(app) == {"run": "b"}  # what other pages remember is always in the address


@pytest.mark.parametrize(
    ("name", "value", "at", "expected"),
    [
        ("one", "c", 0, "c"),
        ("many", ["a", "c"], 1, "a,c"),
        ("q", "紅茶", 2, "紅茶"),
        ("on", "1", 3, "True"),
        ("view", "b", 5, "b"),
        ("p", "4", 6, "4"),
        ("run", "c", 7, "c"),
    ],
)
def test_the_address_decides(name, value, at, expected):
    assert shown(opened(**{name: value}))[at] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("one", "x"),
        ("one", "あ"),  # a label is no identifier: links mean the same in both languages
        ("on", "yes"),
        ("view", "../"),
        ("p", "-3"),
        ("p", "1e3"),
        ("p", "٣"),
        ("run", "x"),
    ],
)
def test_values_that_are_not_on_offer_are_ignored(name, value):
    assert shown(opened(**{name: value})) == DEFAULTS


def test_conditions_of_which_none_is_on_offer_are_told_and_left_out():
    app = opened(many=["x", "<b>"])
    assert [warning.value for warning in app.warning] == [Translator("ja")("common.not_offered")]
    assert shown(app)[1:3] == ["いくつか: x, <b>", ""]


def test_conditions_beside_those_on_offer_change_nothing():
    app = opened(many=["x", "a"])
    assert not app.warning
    assert shown(app)[1] == "a"


def test_a_page_beyond_the_last_is_the_last():
    assert shown(opened(p="12345"))[6] == "9"


def test_more_than_may_be_chosen_are_cut():
    assert shown(opened(many=["a", "b", "c"]))[1] == "a,b"


def test_a_long_search_text_is_cut():
    assert len(shown(opened(q="あ" * 1000))[2]) == 200


def test_what_is_chosen_is_in_the_address_as_an_identifier():
    app = opened()
    app.selectbox(key="w_one").set_value("b").run()
    app.multiselect(key="w_many").set_value(["c"]).run()
    app.text_input(key="w_q").set_value("紅茶").run()
    app.toggle(key="w_on").set_value(True).run()
    app.slider(key="w_w").set_value(2.5).run()
    assert address(app) == {"run": "b", "one": "b", "many": "c", "q": "紅茶", "on": "1", "w": "2.5"}


def test_a_default_that_is_chosen_again_leaves_the_address():
    app = opened(one="c", on="1")
    app.selectbox(key="w_one").set_value("a").run()
    app.toggle(key="w_on").set_value(False).run()
    assert not {"one", "on"} & set(app.query_params)


def test_a_new_filter_begins_at_the_first_page():
    app = opened(p="4")
    app.selectbox(key="w_one").set_value("b").run()
    assert "p" not in app.query_params
    assert shown(app)[6] == "1"


def test_a_remembered_choice_survives_a_page_without_it():
    app = opened(run="c")
    del app.query_params["run"]
    app.run()
    assert shown(app)[7] == "c"
    assert app.query_params["run"] in ("c", ["c"])


def test_the_language_survives_an_address_without_it():
    script = (
        "import streamlit as st\nfrom kikime.leaderboard.page.state import translator\nst.text(translator().language)"
    )
    app = AppTest.from_string(script)
    app.query_params["lang"] = "en"
    assert shown(app.run()) == ["en"]
    del app.query_params["lang"]
    assert shown(app.run()) == ["en"]


def test_an_unknown_language_is_the_first_one():
    script = (
        "import streamlit as st\nfrom kikime.leaderboard.page.state import translator\nst.text(translator().language)"
    )
    app = AppTest.from_string(script)
    app.query_params["lang"] = "xx"
    assert shown(app.run()) == ["ja"]
