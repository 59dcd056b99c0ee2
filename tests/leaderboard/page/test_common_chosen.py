"""Choosing runs, leading elsewhere, and saying what cannot be read."""

import pytest

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.page import common
from kikime.leaderboard.page.common import address, choose_run, guarded, link, numbers, size
from tests.support.drawing import noting

T, EN = Translator("ja"), Translator("en")


def entry(name, state="complete", head=True):
    return Entry(name, (0, 0), state, name=name, head=object() if head else None)


def test_a_page_begins_with_the_newest_run_that_it_prefers():
    entries = [entry("c", head=False), entry("b"), entry("a")]
    assert common._default(entries, 0, lambda e: e.head is not None) == "b"
    assert common._default(entries, 1, lambda e: e.head is not None) == "a"
    assert common._default(entries, 9, lambda e: e.head is not None) == "a"
    assert common._default(entries, 0, lambda e: False) == "c"


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("complete", True),
        ("partial", True),
        ("running", True),
        ("failed", True),
        ("interrupted", True),
        ("broken", False),
        ("newer", False),
        ("planned", False),
    ],
)
def test_only_runs_with_replies_are_offered(state, offered):
    assert common._readable(entry("a", state)) == offered


def test_the_run_of_the_address_is_chosen(visit, shelf):
    run = shelf["アイネス-8月"]
    visit(run=run.id)
    found = choose_run(T)
    assert (found[0].id, found[1].path) == (run.id, run.path)


@pytest.mark.parametrize("asked", ["../../etc", "アイネス-8月", "\0"])
def test_a_link_to_a_run_that_is_not_there_says_so_and_shows_no_other_one(visit, asked):
    drawn = visit(run=asked)
    assert choose_run(T) is None
    assert drawn.said("warning") == [T("common.gone")]
    assert drawn.said("text") == [asked]
    assert drawn.address.get("run") == asked


def test_an_address_without_a_run_shows_the_newest_one(visit, shelf):
    visit()
    assert choose_run(T)[0].id == max(run.id for run in shelf.values())


def test_a_link_to_a_run_that_cannot_be_shown_says_why_and_how_to_go_on(broken_store, monkeypatch):
    (torn,) = (path.name for path in broken_store.glob("*-torn-*"))
    drawn = noting(monkeypatch, run=torn)
    assert choose_run(T) is None
    assert drawn.said("warning") == ["破損：" + T("problems.summary")]
    assert drawn.said("code") == [f"kikime resume {torn} --runs {broken_store}"]


def test_a_run_with_a_broken_table_is_shown_with_a_word_about_it(broken_store, monkeypatch):
    (damaged,) = (path.name for path in broken_store.glob("*-tables-*"))
    drawn = noting(monkeypatch, run=damaged)
    assert choose_run(T) is not None
    assert drawn.said("error") == [T("common.damaged")]
    assert str(broken_store / damaged) in drawn.text


def test_a_command_works_from_any_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KIKIME_RUNS", str(tmp_path / "my runs"))
    assert common.command("resume", "r1") == f"kikime resume r1 --runs '{tmp_path}/my runs'"


def test_a_chosen_run_is_remembered_in_the_address(visit, shelf):
    drawn = visit()
    found = choose_run(T)
    assert drawn.address.get("run") == found[0].id


def test_without_runs_the_page_says_so(empty_store, monkeypatch):
    drawn = noting(monkeypatch)
    assert choose_run(T) is None
    assert drawn.said("info") == [T("common.no_runs")]


def test_a_run_that_was_deleted_meanwhile_is_told(visit, monkeypatch):
    drawn = visit()
    monkeypatch.setattr("kikime.leaderboard.data.index.Index.find", lambda *_: None)
    assert choose_run(T) is None
    assert drawn.said("warning") == [T("common.gone")]


def fail(error):
    raise error


@pytest.mark.parametrize("error", [UsageError("<b>壊れた</b>"), EnvironmentFault("満杯")])
def test_what_cannot_be_read_is_said_in_its_place(monkeypatch, error):
    drawn = noting(monkeypatch)
    guarded(T, lambda: fail(error))
    assert drawn.said("warning") == [T("common.unreadable")]
    assert drawn.said("text") == [error.message]


def test_a_fault_of_the_page_itself_is_not_hidden(monkeypatch):
    noting(monkeypatch)
    with pytest.raises(KeyError):
        guarded(T, lambda: fail(KeyError("x")))


def test_a_link_leaves_out_what_has_no_value(monkeypatch):
    drawn = noting(monkeypatch)
    link("samples", "開く", run="r", flag=None, shots=[], task="")
    link("board", "開く")
    assert drawn.links == [("samples", {"run": "r"}), ("board", {})]


def test_figures_are_shown_in_their_order(monkeypatch):
    drawn = noting(monkeypatch)
    numbers([("甲", "1"), ("乙", "—")])
    assert list(drawn.figures.items()) == [("甲", "1"), ("乙", "—")]


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({"q": "a b&c=d#e"}, "q=a+b%26c%3Dd%23e"),
        ({"shots": 0}, "shots=0"),
        ({"turn": "0"}, "turn=0"),
        ({"shots": ["0", "2"]}, "shots=0&shots=2"),
        ({}, ""),
    ],
)
def test_an_address_is_read_back_as_it_was_meant(parameters, query):
    from urllib.parse import parse_qs

    found = address(T, "samples", **parameters)
    assert found == f"samples?{query}"
    read = parse_qs(found.partition("?")[2])
    assert read == {
        name: [str(v) for v in (value if isinstance(value, list) else [value])] for name, value in parameters.items()
    }


def test_the_first_page_has_an_address_too():
    assert address(T, "board", q="x") == "./?q=x"
    assert address(EN, "board") == "./?lang=en"


@pytest.mark.parametrize(
    ("params", "text"),
    [(0, "—"), (99_999_999, "100.0M"), (100_000_000, "0.1B"), (1_234_567_890, "1.2B"), (500, "0.0M")],
)
def test_a_size_keeps_one_digit(params, text):
    assert size(params) == text
