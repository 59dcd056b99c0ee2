"""Means by how replies ended: the pages and the report say what ``kikime compare`` and ``show`` say."""

import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.index import _finished, signature_of
from kikime.leaderboard.report.write import write_report
from kikime.leaderboard.views.compare import parts as compare_parts
from kikime.leaderboard.views.model import parts as model_parts
from tests.support.builders import IN_VOICE, make_materials, make_run
from tests.support.drawing import noting

T = Translator("ja")
OWN, CUT = f"{len(IN_VOICE):.1f} (5)", "60.0 (1)"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two runs; one reply of the second was cut off at 60 characters."""
    folder = tmp_path_factory.mktemp("cut")
    materials = make_materials(personas=("ojousama",))

    def looping(request):
        return IN_VOICE * 5 if request.item_id == "t00" else IN_VOICE

    return (
        make_run(folder, "a", IN_VOICE, materials=materials),
        make_run(folder, "b", looping, materials=materials, cut_at=60),
    )


@pytest.fixture
def drawn(both, monkeypatch):
    monkeypatch.setenv("KIKIME_RUNS", str(both[0].path.parent))
    return noting(monkeypatch)


def of_lengths(table):
    return list(table.set_index(T("results.endings.metric")).loc[T.metric("length_chars")])


def test_the_page_of_a_model_splits_its_means(both, drawn):
    run = both[1]
    model_parts.stops(T, _finished(run.path, signature_of(run.path / "summary.json")), run)
    assert of_lengths(drawn.tables[-1]) == [OWN, CUT]
    assert drawn.downloads["endings"][0]["metric"] == "length_chars"


def test_the_page_of_a_comparison_splits_both(both, drawn):
    compare_parts.lengths(T, *both, compare(*both, slices=False, n_resamples=99))
    assert of_lengths(drawn.tables[-1]) == [f"{len(IN_VOICE):.1f} (6)", "—", OWN, CUT]


@pytest.mark.parametrize("count", [1, 2])
def test_the_report_of_one_run_and_of_two_has_them(both, tmp_path, count):
    page = write_report(both[-count:], tmp_path / "r.html", slices=False, language="ja").read_text("utf-8")
    assert page.count(T("results.endings.title")) == 1
    assert f"<td>{OWN}</td><td>{CUT}</td>" in page
