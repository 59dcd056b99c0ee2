"""Means are the same wherever they are shown."""

import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.reports.ranking.rank import rank
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.means import run_mean
from kikime.harness.store.means import ENDING, means_by
from kikime.harness.suites.task import Item
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.queries import slices
from tests.support.builders import IN_VOICE, PLAIN, facts_task, make_materials, make_run, talk_task

LONG = IN_VOICE + IN_VOICE + PLAIN
SCRIPTS = (
    Item(id="s1", user="おはよう", script=("元気？", "またね")),
    Item(id="s2", user="やあ", script=("元気？",)),
)


def answer(request):
    """Some replies in voice, some plain or long; one question fails."""
    if request.item_id == "t02":
        return None
    place = len(request.item_id + request.format + request.task) + request.turn + int(request.item_id[-1])
    return (IN_VOICE, PLAIN, LONG)[place % 3]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose questions have unequal numbers of replies: turns, formats and shots of some of its tasks only."""
    tasks = [talk_task(5), talk_task(2, id="dialogues", items=SCRIPTS), facts_task()]
    tasks.append(talk_task(4, id="letters", metrics=("constraint_ok",)))
    materials = make_materials(tasks, formats=("alpaca", "chatml"), shots=(0, 1))
    return make_run(tmp_path_factory.mktemp("runs"), "a", answer, materials=materials)


def test_the_summary_has_the_means_of_comparisons(run):
    cells, bands = read_cells(run, run.manifest()), Bands(run.manifest())
    for metric, found in run.summary().metrics.items():
        if metric in cells:
            expected = run_mean(cells, metric, bands)
            assert (found.mean, found.n) == (pytest.approx(expected.mean), expected.n), metric


@pytest.mark.parametrize("columns", [("format", "shots"), ("persona",), ("task",)])
def test_a_group_has_the_means_of_its_replies(run, columns):
    cells, bands = read_cells(run, run.manifest()), Bands(run.manifest())
    for key, group in means_by(run, columns).items():
        own = cells[(cells[list(columns)] == list(key)).all(axis=1)]
        assert group.n == len(own)
        for metric, found in group.metrics.items():
            assert found.mean == pytest.approx(run_mean(own, metric, bands).mean), (key, metric)


def test_one_metric_is_one_number_in_every_report(run):
    compared = {row.metric: row.mean_a for row in compare(run, run, slices=False, n_resamples=99).metrics}
    exported = {row.metric: row.mean for row in run_overview(run).metrics}
    shown = means_by(run)[()].metrics
    ranked = rank([run], n_resamples=99).rows[0]
    index = Index(run.path.parent)
    entries = index.entries()
    targets = {entry.id: entry.head.targets for entry in entries}
    board = slices.means(slices.Slices(index).table(entries), targets, {})[run.id, ""]
    for metric in ("length_chars", "length_fit", "style_level", "critical_failure", "first_person_ok", "sentences"):
        same = [compared[metric], exported[metric], shown[metric].mean, run.summary().metrics[metric].mean]
        assert same == pytest.approx([same[0]] * 4), metric
    assert (ranked.critical_failure_rate, ranked.mean_length) == pytest.approx(
        (compared["critical_failure"], compared["length_chars"])
    )
    for metric in ("length_fit", "critical_failure", "length_chars", "first_person_ok"):
        assert board[metric] == pytest.approx(compared[metric]), metric


def test_an_answer_whose_form_is_dictated_has_no_length_or_voice(run):
    letters = means_by(run, ("task",))["letters",].metrics
    assert not {"length_fit", "length_chars", "style_level", "marker_rate", "missing_kuten"} & letters.keys()
    assert "critical_failure" in letters


def test_replies_that_were_cut_off_have_means_of_their_own(tmp_path):
    materials = make_materials(personas=("ojousama",))
    cut = make_run(tmp_path, "cut", IN_VOICE, materials=materials)
    assert [key for (key,) in means_by(cut, (ENDING,))] == ["ended"]
    assert cut.summary().endings["ended"].metrics["length_chars"].n == 6
