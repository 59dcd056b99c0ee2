"""The site: the whole board as files."""

import json
import re

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.ranking.rank import rank
from kikime.leaderboard.report.site import write_site
from tests.support.app import table
from tests.support.builders import IN_VOICE, PLAIN, invoke, make_materials, make_run, talk_task

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
LINK = re.compile(r'(?:href|src)="([^"]*)"')


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "runs"
    materials = make_materials([talk_task(4)], formats=("alpaca",))
    found = [
        make_run(folder, name, text, materials=materials)
        for name, text in (("八月", PLAIN), ("九月", IN_VOICE), ("<b>x</b>", HOSTILE))
    ]
    (folder / "20990101T000000Z-broken-000001").mkdir()
    return folder, found


@pytest.fixture(scope="module")
def site(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "deep" / "site"
    assert write_site(runs[0], folder) == folder / "index.html"
    return folder


def pages(site):
    return {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


def test_every_link_leads_to_a_page_that_is_there(site):
    for path, text in pages(site).items():
        for link in LINK.findall(text):
            file, _, anchor = link.partition("#")
            assert (path.parent / file).resolve().is_file() if file else f'id="{anchor}"' in text, (path, link)


def test_nothing_runs_and_nothing_is_fetched(site):
    for text in pages(site).values():
        assert "<script" not in text
        assert "<img" not in text
        assert not re.search(r'(href|src)="[a-z]+:', text)


def test_the_numbers_are_those_of_rank(runs, site):
    shown = json.loads((site / "index.json").read_text(encoding="utf-8"))
    expected = rank(runs[1])
    assert [(row["run"], row["overall"], row["rank"]) for row in shown["rows"]] == [
        (row.run, row.overall, row.rank) for row in expected.rows
    ]
    assert f"{expected.rows[0].overall:.1f}" in (site / "ja" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_reply_has_its_place(runs, site, language):
    for run in runs[1]:
        text = "".join(path.read_text(encoding="utf-8") for path in (site / language).glob(f"replies-{run.id}-*.html"))
        assert all(text.count(f'id="{row["key"]}"') == 1 for row in table(run))


def test_both_languages_are_there_and_lead_to_each_other(site):
    japanese, english = ((site / name / "index.html").read_text(encoding="utf-8") for name in ("ja", "en"))
    assert "リーダーボード" in japanese
    assert '<html lang="en">' in english
    assert "../en/index.html" in japanese
    assert not re.search("[ぁ-ん]", re.sub("八月|九月|日本語", "", english.split("<main>")[0]))


def test_every_two_models_of_a_small_board_are_compared(site):
    assert len(list((site / "ja").glob("compare-*.html"))) == 3


def test_a_run_that_cannot_be_read_is_named(site):
    text = (site / "ja" / "index.html").read_text(encoding="utf-8")
    assert "20990101T000000Z-broken-000001" in text
    assert "manifest.json がないか、壊れています" in text


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no run that can be shown"):
        write_site(tmp_path, tmp_path / "site")


def test_the_command_writes_it_and_takes_no_run_beside_it(runs, tmp_path):
    refused = invoke(runs[0], "export", "八月", "--site", tmp_path / "s")
    assert refused.exit_code == 2
    assert not (tmp_path / "s").exists()
    assert invoke(runs[0], "export", "--to", "csv").exit_code == 2
