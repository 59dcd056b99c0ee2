import pytest

from kikime.harness.reports.comparison.lengths import describe_lengths, length_display, with_length
from kikime.harness.reports.comparison.pairs import load_pair
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

MATERIALS = make_materials([talk_task(4)], personas=("ojousama", "bushi"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """In b one reply of each persona fails, and the others are plain."""
    folder = tmp_path_factory.mktemp("lengths")
    a = make_run(folder, "a", IN_VOICE, materials=MATERIALS)
    return load_pair(a, make_run(folder, "b", lambda q: None if q.item_id == "t00" else PLAIN, materials=MATERIALS))


def test_the_whole_comes_before_each_persona(pair):
    assert [(entry.unit, entry.persona) for entry in length_display(pair)] == [
        (unit, persona) for unit in ("length_chars", "sentences") for persona in (None, "bushi", "ojousama")
    ]


def test_a_reply_that_failed_on_one_side_counts_on_neither(pair):
    whole = length_display(pair)[0]
    assert (whole.a.n, whole.b.n) == (6, 6)
    assert (whole.a.mean, whole.b.mean) == (len(IN_VOICE), len(PLAIN))
    assert whole.ratio.value == pytest.approx(len(PLAIN) / len(IN_VOICE))


def test_the_range_is_that_of_the_persona_s_card(pair):
    by_persona = {entry.persona: entry for entry in length_display(pair) if entry.unit == "length_chars"}
    for name in ("ojousama", "bushi"):
        low, high = MATERIALS.personas[name].length.chars
        assert by_persona[name].range == (low, high)
        assert by_persona[name].a.share_in_range == float(low <= len(IN_VOICE) <= high)
    assert by_persona[None].range is None


def test_one_persona_is_the_whole(tmp_path):
    materials = make_materials([talk_task(3)], personas=("ojousama",))
    run = make_run(tmp_path, "one", IN_VOICE, materials=materials)
    assert [entry.persona for entry in length_display(load_pair(run, run))] == [None, None]


def test_replies_of_no_persona_have_no_length(pair):
    spoken = with_length(pair.a, {"personas": {"bushi": {}}})
    assert set(spoken["persona"]) == {"bushi"}


def test_quartiles_of_equal_lengths_are_that_length(pair):
    found = describe_lengths(pair.a, "length_chars", pair.manifest_a)
    assert found.q1 == found.median == found.q3 == len(IN_VOICE)


def test_where_nothing_was_said_nothing_is_shown(tmp_path):
    run = make_run(tmp_path, "mute", lambda _: None, materials=MATERIALS)
    assert length_display(load_pair(run, run)) == []
