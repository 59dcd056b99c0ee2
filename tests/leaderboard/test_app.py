"""Every page as streamlit runs it, over filled, empty and broken stores."""

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.page.registry import pages
from tests.support.app import named, opened, texts

VIEWS = tuple(pages())
PARTS = {
    "board": ("intervals", "wins", "formats", "size", "radar", "formulas"),
    "model": ("areas", "slices", "lengths", "stops", "formats", "turns", "shots", "steps", "provenance"),
    "compare": ("metrics", "slices", "lengths", "capability", "flips", "pair", "settings"),
    "judge": ("distribution", "agreement", "length", "drift", "failures"),
    "rate": ("scores", "pair", "results"),
    "asked": ("tasks", "characters"),
}
PARAMETER = {"board": "view", "compare": "view", "model": "part", "judge": "part", "rate": "mode", "asked": "part"}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_filled_store(ranked, view, language):
    app = opened(view, lang=language)
    assert not app.exception
    assert app.title[0].value != ""
    assert len(texts(app)) > 40


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_store(empty_store, view):
    app = opened(view)
    assert not app.exception
    assert "まだ結果がありません" in texts(app) or view in {"live", "asked"}


@pytest.mark.parametrize("view", VIEWS)
def test_a_broken_store(broken_store, view):
    app = opened(view)
    assert not app.exception


@pytest.mark.parametrize("run", ["torn", "newer", "tables", "manifest", "types", "half", "empty", "bytes"])
@pytest.mark.parametrize("view", ["model", "samples", "judge", "compare"])
def test_a_damaged_run_does_not_take_a_page_down(broken_store, view, run):
    (damaged,) = (path.name for path in broken_store.glob(f"*-{run}-*"))
    app = opened(view, run=damaged, a=damaged)
    assert not app.exception


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(("view", "part"), [(view, part) for view, parts in PARTS.items() for part in parts])
def test_every_part(ranked, view, part, language):
    runs = named(ranked)
    app = opened(
        view,
        run=runs["アイネス-9月"],
        a=runs["アイネス-8月"],
        b=runs["アイネス-9月"],
        rater="花子",
        lang=language,
        **{PARAMETER[view]: part},
    )
    assert not app.exception
    assert Translator(language)("common.unreadable") not in texts(app)


def test_every_table_and_chart_has_an_alternative_text(ranked):
    for view in ("board", "model", "samples", "judge"):
        app = opened(view, run=named(ranked)["アイネス-9月"])
        shown = [*app.dataframe, *app.get("vega_lite_chart")]
        assert shown, view
        assert all(element.proto.alt for element in shown), view
