"""What stands in the report: the numbers of the commands, in tables and in charts."""

import re
from html import unescape

import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.reports.comparison.compare import compare
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts.svg import WIDTH
from kikime.leaderboard.data.queries.distributions import histogram
from kikime.leaderboard.report import write
from kikime.leaderboard.report.write import MAX_REPLY, render_report, report_content, write_report
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

T, EN = Translator("ja"), Translator("en")


@pytest.fixture(scope="module")
def content(pair):
    return report_content(pair, T, slices=False)


@pytest.fixture(scope="module")
def page(content):
    return render_report(content, T)


def tables(page):
    """Every table as rows of the texts of its cells."""
    found = []
    for table in re.findall(r"<table>(.*?)</table>", page, flags=re.DOTALL):
        rows = re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)
        cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, flags=re.DOTALL) for row in rows]
        found.append([[unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in row] for row in cells])
    return found


def test_the_ranking_of_the_record_stands_in_the_table(content, page):
    rows = content.ranking.rows
    (table,) = (found for found in tables(page) if found[1:] and found[1][1:2] == [labels.rank_text(rows[0])])
    for shown, row in zip(table[1:], rows, strict=True):
        assert shown[0] == row.name
        assert shown[2].startswith(labels.points(row.overall))
        assert shown[3] == labels.chance(row.p_best)


def test_the_chart_of_the_ranking_has_the_numbers_of_its_table(content):
    chart, rows = content.ranking_chart, content.ranking.rows
    scale = {float(text): place for place, text in chart.ticks}
    for mark, row in zip(chart.marks, rows, strict=True):
        expected = [
            scale[0.0] + number / 100 * (scale[100.0] - scale[0.0]) for number in (row.overall, row.ci_low, row.ci_high)
        ]
        assert [mark.x, mark.low, mark.high] == pytest.approx(expected, abs=0.02)
        assert labels.points(row.overall) in mark.text


def test_every_area_that_counts_has_a_chart(content):
    counted = [area for area in content.ranking.areas if area.counts]
    assert len(content.area_charts) == len(counted) > 0
    for chart, area in zip(content.area_charts, counted, strict=True):
        assert area.ja in chart.title
        assert [mark.label for mark in chart.marks] == [row.name for row in content.ranking.rows]


def test_the_comparison_of_the_record_stands_in_the_table(content, page):
    expected = content.comparison
    table = next(rows for rows in tables(page) if len(rows) == len(expected.metrics) + 1 and len(rows[0]) == 12)
    for shown, row in zip(table[1:], expected.metrics, strict=True):
        assert shown[0].removeprefix("◎ ") == T.metric(row.metric)
        assert shown[0].startswith("◎") == row.primary
        assert shown[1:4] == [
            labels.value(row.metric, row.mean_a),
            labels.value(row.metric, row.mean_b),
            labels.change(row.metric, row.delta),
        ]
        assert shown[10] == labels.verdict(T, row)
        assert shown[11] == str(row.n_items)


def test_right_is_better_in_the_forest_whatever_the_metric(content):
    forest = content.forest
    by_text = {T.metric(row.metric): row for row in content.comparison.metrics}
    for mark in forest.marks:
        row = by_text[mark.label.partition("　")[0]]
        better = row.delta > 0 if row.direction == "higher" else row.delta < 0
        assert (mark.x > forest.zero) == (better and row.delta != 0)
        assert mark.kind == row.verdict


def test_the_forest_shows_shares_that_moved_and_all_primary_ones(content):
    shown = {mark.label.partition("　")[0] for mark in content.forest.marks}
    for row in content.comparison.metrics:
        wanted = labels.is_share(row.metric) and row.direction != "none" and (row.primary or row.delta != 0)
        assert (T.metric(row.metric) in shown) == wanted


def test_outlines_of_lengths_have_the_shares_of_the_replies(content, pair):
    chart = content.overlays[0]
    scale = {float(text.rstrip("%")): place for place, text in chart.y_ticks}
    slope = (
        (max(scale.values()) - scale[0.0]) if scale[0.0] == min(scale.values()) else min(scale.values()) - scale[0.0]
    )
    slope /= max(scale)
    for (_, path), run in zip(chart.paths, pair, strict=True):
        heights = [float(height) for height in re.findall(r"V([\d.]+) H", path)]
        shares = [100 * row.share for row in histogram(run, "length_chars", None, 5)]
        assert min(heights) == pytest.approx(scale[0.0] + slope * max(shares), abs=0.1)
    assert [name for _, name in chart.legend] == ["A august", "B september"]


def test_quartiles_of_lengths_stand_in_the_band_of_the_card(content):
    for chart, entry in zip(
        content.length_charts, [e for e in content.comparison.lengths if e.range is not None], strict=True
    ):
        assert len(chart.bands) == 1
        assert chart.marks[0].label.startswith("august")
        assert all(mark.low <= mark.x <= mark.high <= WIDTH for mark in chart.marks)
        assert f"{entry.a.median:.1f}" in chart.marks[0].text or f"{entry.a.median:g}" in chart.marks[0].text


def test_examples_show_both_replies_with_what_differs(content, page):
    example = content.comparison.examples["better"][0]
    assert unescape(page).count(example.user) >= 1
    assert example.a.response in unescape(page)
    assert "<del" in page
    assert "<ins" in page


def test_every_run_has_its_metrics(content, page):
    for overview in content.overviews:
        own = page.partition(f"<h3>{overview.name}</h3>")[2]
        table = tables(own)[0]
        assert [row[0] for row in table[1:]] == [T.metric(row.metric) for row in overview.metrics]
        assert [row[1] for row in table[1:]] == [labels.value(row.metric, row.mean) for row in overview.metrics]


def test_the_headline_names_the_runs_and_the_version(page):
    from kikime import harness

    (title,) = re.findall(r"<title>(.*?)</title>", page)[:1]
    assert "august" in title
    assert "september" in title
    assert harness.__version__ in page


def test_no_word_of_the_catalogue_is_missing(page, content):
    for language in (T, EN):
        text = page if language is T else render_report(content, EN)
        own = re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)
        assert not re.findall(r"\b(?:report|results|verdict|facet|change)\.[a-z_]+\b", own)
        assert "{" not in own


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("one"), "一つ", IN_VOICE, materials=make_materials([talk_task(3)]))


def test_one_run_has_no_comparison(one):
    content = report_content([one], T)
    assert content.comparison is None
    assert (content.forest, content.slice_charts, content.overlays, content.length_charts) == (
        None,
        {},
        [],
        [],
    )
    page = render_report(content, T)
    assert "一つ" in page
    assert "<del" not in page


def test_a_chart_of_slices_has_a_row_per_condition(tmp_path):
    materials = make_materials([talk_task(2)], personas=["bushi"], formats=("alpaca", "chatml"))
    runs = [make_run(tmp_path, name, text, materials=materials) for name, text in (("a", PLAIN), ("b", IN_VOICE))]
    comparison = compare(*runs)
    charts = write._slice_charts(T, comparison)
    rows = {row.metric: row for row in comparison.metrics}
    assert set(charts) == {name for name, row in rows.items() if row.primary and labels.is_share(name)}
    for metric, chart in charts.items():
        assert len(chart.marks if chart else []) == len(rows[metric].slices)
    assert write._slice_charts(T, None) == {}


def test_a_run_whose_replies_all_failed_makes_a_report(tmp_path):
    run = make_run(tmp_path, "dead", lambda _: None, materials=make_materials([talk_task(2)]))
    assert "dead" in render_report(report_content([run], T), T)


def test_a_killed_run_is_reported_with_what_it_has(tmp_path):
    materials = make_materials([talk_task(2)], personas=["bushi"])
    whole = make_run(tmp_path, "whole", IN_VOICE, materials=materials)
    half = make_run(tmp_path, "half", PLAIN, materials=materials, keep=lambda r: r.item_id < "t01")
    content = report_content([whole, half], T, slices=False)
    assert not content.comparison.comparable
    assert content.overlays == []
    assert T("report.comparison.refused") in render_report(content, T)


@pytest.mark.parametrize(("length", "cut"), [(MAX_REPLY, False), (MAX_REPLY + 1, True)])
def test_a_reply_is_cut_when_it_is_longer_than_shown(length, cut):
    shown = write._environment().from_string("{{ text | reply }}").render(text="長" * length, t=T)
    assert shown.count("長") - cut * T("report.cut", n=length).count("長") == MAX_REPLY
    assert (f"{length:,}" in shown) == cut


def test_texts_that_are_not_shown_whole_have_no_difference():
    assert write._differing("あ" * (MAX_REPLY + 1), "い") is None
    left, right = write._differing("あ<b>", "い<b>")
    assert "&lt;b&gt;" in left
    assert "&lt;b&gt;" in right


@pytest.mark.parametrize(("value", "shown"), [(None, "—"), (0.0, "0.0"), (1234.5, "1,234.5"), (-2, "-2.0")])
def test_numbers_of_the_report(value, shown):
    assert write._environment().from_string("{{ value | number }}").render(value=value) == shown


@pytest.mark.parametrize(("value", "shown"), [(None, "—"), (0.0, "0.0%"), (1, "100.0%"), (0.12345, "12.3%")])
def test_shares_of_the_report(value, shown):
    assert write._environment().from_string("{{ value | share }}").render(value=value) == shown


@pytest.fixture
def blank(monkeypatch):
    """A report without content: only where it is written matters."""
    monkeypatch.setattr(write, "report_content", lambda *_, **__: {})
    monkeypatch.setattr(write, "render_report", lambda *_: "<!doctype html>報告\ud800")


def test_a_folder_that_cannot_be_made_is_an_expected_error(one, tmp_path, blank):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault):
        write_report([one], tmp_path / "file" / "report.html")


def test_a_report_takes_the_place_of_an_older_one(one, tmp_path, blank):
    path = tmp_path / "報告.html"
    path.write_text("old")
    assert write_report([one], path, language="ja") == path
    assert path.read_text(encoding="utf-8") == "<!doctype html>報告?"
