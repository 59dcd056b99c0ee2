import msgspec
import pytest

from kikime.leaderboard.data.notes import FILE, STAR, Note, add_note, read_notes, tagged, tags_of, tidy, wears
from tests.support.app import table
from tests.support.builders import PLAIN, make_run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, "august", PLAIN)


def test_the_newest_note_of_a_reply_counts_and_an_empty_one_takes_it_back(run):
    add_note(run, Note(key="a", tags=("口調",), star=True))
    add_note(run, Note(key="b", comment="  良い  "))
    add_note(run, Note(key="a", tags=("長さ",)))
    found = read_notes(run)
    assert (found["a"].tags, found["a"].star, found["b"].comment) == (("長さ",), False, "良い")
    assert tags_of(found) == ["長さ"]
    add_note(run, Note(key="a"))
    assert list(read_notes(run)) == ["b"]


def test_a_torn_line_loses_no_other(run):
    add_note(run, Note(key="a", star=True))
    with (run.path / FILE).open("ab") as file:
        file.write(b'{"key": "b", "st')
    add_note(run, Note(key="c", star=True))
    assert list(read_notes(run)) == ["a", "c"]


def test_tags_are_tidied_and_a_star_counts_as_one():
    assert tidy([" a  b ", "a b", "", "x" * 99]) == ("a b", "x" * 60)
    assert wears(Note(key="a", star=True), [STAR])
    assert not wears(Note(key="a", tags=("x",)), [STAR])


def test_noted_replies_are_data_as_trainers_and_score_read_it(run):
    first, second = table(run)[:2]
    add_note(run, Note(key=first["key"], tags=("使う",), comment="自然"))
    add_note(run, Note(key=second["key"], star=True))
    add_note(run, Note(key="not there", star=True))
    rows = [msgspec.to_builtins(row) for row in tagged(run)]
    assert [row["id"] for row in rows] == [first["key"], second["key"]]
    assert (rows[0]["user"], rows[0]["response"], rows[0]["tags"]) == (first["user"], first["response"], ["使う"])
    assert rows[0]["messages"][-2:] == [
        {"role": "user", "content": first["user"]},
        {"role": "assistant", "content": first["response"]},
    ]
    assert [row.id for row in tagged(run, [STAR])] == [second["key"]]
