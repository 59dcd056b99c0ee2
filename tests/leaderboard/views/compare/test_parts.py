"""The parts of a comparison: charts, tables and downloads say what ``kikime compare`` says."""

import dataclasses
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.comparison.records import LengthRatio, Setting
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.views.compare import parts
from tests.support.app import measured

T = Translator("ja")


@pytest.fixture(scope="module")
def both(judged_pair):
    return judged_pair


@pytest.fixture(scope="module")
def report(both):
    return compare(*both)


def primary(report):
    return [row for row in report.metrics if row.primary or row.judge]


def test_the_headline_counts_the_verdicts_of_the_primary_metrics(visit, report):
    drawn = visit()
    parts.headline(T, report)
    (line,) = drawn.said("caption")
    for verdict in ("better", "worse", "equivalent", "inconclusive"):
        n = sum(row.primary and row.verdict == verdict for row in report.metrics)
        assert f"{T(f'verdict.{verdict}')} {n}" in line
    assert "八月" in drawn.said("text")[0]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_one_sentence_says_where_b_is_better_and_what_stays_open(report, language):
    t = Translator(language)
    rows = [row for row in report.metrics if row.primary]
    verdicts = ["better", "worse", "equivalent", *["inconclusive"] * (len(rows) - 3)]
    judged = replace(
        report, metrics=[dataclasses.replace(row, verdict=v) for row, v in zip(rows, verdicts, strict=True)]
    )
    said = parts.decision(t, judged)
    assert t("compare.decided", a="八月", b="九月", n=len(rows), better=1) in said
    assert t("compare.decided_worse", metrics=t.metric(rows[1].metric)) in said
    assert t("compare.decided_equivalent", metrics=t.metric(rows[2].metric)) in said
    assert t("compare.decided_open", metrics=t("common.comma").join(t.metric(row.metric) for row in rows[3:])) in said
    (whole,) = [e for e in report.lengths if (e.unit, e.persona) == ("length_chars", None)]
    assert t("compare.decided_length", ratio=f"{whole.ratio.value:.2f}") in said


def test_a_comparison_that_finds_nothing_better_says_so(report):
    same = replace(report, metrics=[dataclasses.replace(row, verdict="inconclusive") for row in report.metrics])
    n = sum(row.primary for row in report.metrics)
    assert T("compare.decided_none", a="八月", b="九月", n=n) in parts.decision(T, same)


def test_the_ratio_of_lengths_is_that_of_the_two_means_beside_it(report):
    for entry in report.lengths:
        assert entry.ratio.value == pytest.approx(entry.b.mean / entry.a.mean)


def test_the_metrics_are_those_of_the_report_with_full_precision(visit, both, report):
    drawn = visit()
    parts.metrics(T, *both, report)
    expected = primary(report)
    rows = drawn.downloads["compare"]
    assert [row["metric"] for row in rows] == [row.metric for row in expected]
    for name in ("delta", "ci_low", "ci_high", "p_value", "p_adjusted", "verdict", "n_items", "mean_a", "mean_b"):
        assert [row[name] for row in rows] == [getattr(row, name) for row in expected]


def test_all_metrics_are_shown_when_they_are_asked_for(visit, both, report):
    drawn = visit(all="1")
    parts.metrics(T, *both, report)
    assert len(drawn.downloads["compare"]) == len(report.metrics) > len(primary(report))


def test_the_forest_draws_shares_in_points_and_judges_in_scores(visit, both, report):
    drawn = visit()
    parts.metrics(T, *both, report)
    by_name = {T.metric(row.metric): row for row in primary(report)}
    points, scores = ([row for row in drawn.rows_of(chart) if "delta" in row] for chart in (0, 1))
    assert {row["name"]: row["delta"] for row in points} == {
        name: pytest.approx((-100 if row.direction == "lower" else 100) * row.delta)
        for name, row in by_name.items()
        if labels.is_share(row.metric)
    }
    assert {row["name"]: row["delta"] for row in scores} == {
        name: pytest.approx(row.delta) for name, row in by_name.items() if row.judge
    }


def test_better_is_to_the_right_whichever_end_is_the_better_one():
    row = SimpleNamespace(direction="lower", delta=-0.3, ci_low=-0.4, ci_high=-0.1)
    assert parts._better_right(row, 100) == {"delta": 30, "ci_low": 10, "ci_high": 40}
    row.ci_high = None
    assert parts._better_right(row, 1) == {"delta": 0.3, "ci_low": None, "ci_high": 0.4}
    row.direction = "higher"
    assert parts._better_right(row, 1) == {"delta": -0.3, "ci_low": -0.4, "ci_high": None}


def test_the_table_words_what_the_forest_draws(visit, both, report):
    drawn = visit()
    parts.metrics(T, *both, report)
    table = drawn.tables[0].set_index(T("compare.col_name"))
    for row in primary(report):
        shown = table.loc[T.metric(row.metric)]
        assert shown[T("compare.col_delta")] == labels.change(row.metric, row.delta)
        assert shown[T("compare.col_a")] == labels.value(row.metric, row.mean_a)
        assert shown[T("compare.col_verdict")] == labels.verdict(T, row)
        assert shown[T("compare.col_n")] == row.n_items


@pytest.mark.parametrize("metric", ["critical_failure", "length_fit"])
def test_the_slices_of_a_metric_are_those_of_the_report(visit, both, report, metric):
    drawn = visit(metric=metric)
    parts.slices(T, *both, report)
    expected = next(row.slices for row in report.metrics if row.metric == metric)
    rows = drawn.downloads["slices"]
    assert [(row["by"], row["value"], row["delta"]) for row in rows] == [
        (row.by, row.value, row.delta) for row in expected
    ]
    assert {row["name"] for row in drawn.rows_of() if "name" in row} == {
        f"{T('facet.' + row.by)}: {row.value}" for row in expected
    }


def test_a_slice_leads_to_the_replies_under_its_condition(visit, both, report):
    drawn = visit(metric="length_fit")
    parts.slices(T, *both, report)
    links = drawn.tables[0][T("common.replies")].tolist()
    assert any("by=length_fit" in link and "in_format=chatml" in link for link in links)


def test_a_report_without_slices_says_so(visit, both, report):
    drawn = visit()
    parts.slices(T, *both, replace(report, metrics=[dataclasses.replace(row, slices=[]) for row in report.metrics]))
    assert drawn.said("caption") == [T("compare.no_slices")]


def test_a_judges_difference_leads_to_the_replies_that_it_scored_lowest(both, report):
    judged = next(row for row in report.metrics if row.judge)
    link = parts._replies(T, *both, judged.metric)
    assert link.startswith("samples?")
    assert f"run={both[1].id}" in link
    assert "criterion=" in link
    assert "order=judge_low" in link


@pytest.mark.parametrize("persona", ["bushi", "ojousama"])
def test_lengths_of_both_runs_lie_over_each_other(visit, both, report, persona):
    drawn = visit(card=persona)
    parts.lengths(T, *both, report)
    for run, name in zip(both, ("A 八月", "B 九月"), strict=True):
        replies = measured(run)
        own = replies[(replies["persona"] == persona) & replies["error"].isna()]["length_chars"]
        drawn_n = sum(row["n"] for row in drawn.rows_of(0) if row.get("series") == name)
        assert drawn_n == (own <= 304).sum()


def test_the_table_of_lengths_is_that_of_the_report(visit, both, report):
    drawn = visit(card="bushi")
    parts.lengths(T, *both, report)
    expected = [entry for entry in report.lengths if entry.persona == "bushi"]
    rows = drawn.downloads["lengths"]
    assert [row["a"] for row in rows] == [f"{entry.a.mean:,.2f}" for entry in expected]
    assert [row["ratio"].startswith(f"×{entry.ratio.value:.2f}") for row, entry in zip(rows, expected, strict=True)]


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (LengthRatio(None, None, None), "—"),
        (LengthRatio(1.5, None, None), "×1.50"),
        (LengthRatio(1.5, 1.25, 2.0), "×1.50（1.25–2.00）"),
    ],
)
def test_a_ratio_shows_its_interval_where_it_has_one(ratio, shown):
    assert parts._ratio(ratio) == shown


def test_kinds_of_request_are_those_of_the_report(visit, both, report):
    drawn = visit()
    parts.capability(T, *both, report)
    rows = drawn.downloads["capability"]
    assert [row["n"] for row in rows] == [row.a.n for row in report.capability]
    assert [f"{100 * row.b.rate:.0f}%" in shown["b"] for row, shown in zip(report.capability, rows, strict=True)]
    assert all("open" not in row for row in rows)


def test_settings_that_differ_are_listed_and_none_is_said(visit, both, report):
    drawn = visit()
    settings = [Setting("sampling.temperature", 0, 1.0), Setting("stop", None, "</s>"), Setting("x", False, "")]
    parts.settings(T, *both, replace(report, manifest=settings))
    assert [(row["path"], row["a"], row["b"]) for row in drawn.downloads["settings"]] == [
        ("sampling.temperature", "0", "1.0"),
        ("stop", "—", "</s>"),
        ("x", "False", ""),
    ]
    same = visit()
    parts.settings(T, *both, replace(report, manifest=[]))
    assert same.said("caption") == [T("compare.no_differences")]
