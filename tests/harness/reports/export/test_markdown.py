import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.export.markdown import comparison_markdown, escape_cell, run_markdown, table
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

EN = Translator("en")
MATERIALS = make_materials([talk_task(4)], personas=("ojousama",))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("md")
    return tuple(make_run(folder, name, text, materials=MATERIALS) for name, text in (("a|1", PLAIN), ("b", IN_VOICE)))


@pytest.mark.parametrize(
    ("text", "shown"), [("a|b", r"a\|b"), ("two\nlines  here", "two lines here"), ("**x**", r"\*\*x\*\*"), ("¥", "¥")]
)
def test_a_cell_shows_its_text_as_it_is(text, shown):
    assert escape_cell(text) == shown


def test_text_stands_left_and_numbers_right():
    assert table(["a", "b", "c"], [["x", "y", "1"]], left=2).splitlines() == [
        "| a | b | c |",
        "|---|---|---:|",
        "| x | y | 1 |",
    ]


def test_a_run_shows_its_metrics_what_it_handles_and_where_it_comes_from(pair):
    text = run_markdown(run_overview(pair[0]), EN)
    assert text.startswith(r"## a\|1 × tiny")
    row = next(line for line in text.splitlines() if "`length_chars`" in line)
    assert f"{len(PLAIN):.1f}" in row
    assert row.endswith("| 4 |")
    assert "✓ 100% (" in text
    assert f"run `{pair[0].id}`" in text


def test_a_comparison_marks_its_primary_metrics_and_explains_the_mark(pair):
    text = comparison_markdown(compare(*pair, n_resamples=99, slices=False, language="en"), EN)
    assert text.startswith(r"## a\|1 → b")
    marked = [line for line in text.splitlines() if line.startswith("| ◎ ")]
    assert len(marked) == len([row for row in compare(*pair, n_resamples=99, slices=False).metrics if row.primary])
    assert "Holm over the primary metrics (◎)" in text


def test_runs_that_cannot_be_compared_say_why_instead(pair, tmp_path):
    warm = make_materials([talk_task(4)], personas=("ojousama",), sampling={"temperature": 0.7})
    report = compare(pair[1], make_run(tmp_path, "warm", IN_VOICE, materials=warm), language="en")
    text = comparison_markdown(report, EN)
    assert "These runs cannot be compared." in text
    assert "\n- " in text
    assert "| metric |" not in text
