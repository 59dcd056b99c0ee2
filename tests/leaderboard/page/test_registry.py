import pytest
from streamlit.testing.v1 import AppTest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.registry import installed
from kikime.harness.words.catalogue import LANGUAGES, Translator
from kikime.leaderboard.page import registry
from kikime.leaderboard.page.registry import Page, pages
from tests.support.app import APP, texts, turned_to


class Point:
    """An entry point of a package that is not installed."""

    dist = None

    def __init__(self, name, load):
        self.name, self.value, self.load = name, f"elsewhere:{name}", load


@pytest.fixture
def bring(monkeypatch):
    """Install a package's page for the length of a test."""

    def bring(name, load):
        monkeypatch.setattr("kikime.harness.core.registry.entry_points", lambda group: [Point(name, load)])
        installed.cache_clear()
        pages.cache_clear()

    yield bring
    monkeypatch.undo()
    installed.cache_clear()
    pages.cache_clear()


def drawn():
    import streamlit as st

    st.text("よそのページ")


def test_addresses_stay_what_they_were():
    assert {page.id: page.path for page in pages().values()} == {
        "board": "",
        "model": "model",
        "compare": "compare",
        "samples": "samples",
        "judge": "judge",
        "rate": "rate",
        "across": "across",
        "asked": "asked",
        "live": "live",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_a_title_in_each_language(language):
    titles = [page.title(Translator(language)) for page in pages().values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


def test_no_page_draws_itself_when_it_is_found():
    app = AppTest.from_string("from kikime.leaderboard.page.registry import bundled_pages\nbundled_pages()").run()
    assert not app.exception
    assert texts(app) == ""


def test_a_page_of_another_package_stands_in_the_navigation_and_is_drawn(bring, empty_store):
    bring("words", lambda: Page("words", "words", 45, drawn, titles={"ja": "言葉", "en": "Words"}))
    assert list(pages()).index("words") == list(pages()).index("samples") + 1
    app = turned_to(AppTest.from_file(str(APP), default_timeout=240), "words").run()
    assert not app.exception
    assert app.title[0].value == "言葉"
    assert "よそのページ" in texts(app)


def test_titles_of_a_page_in_one_language_serve_both():
    page = Page("words", "words", 45, drawn, titles={"en": "Words"})
    assert page.title(Translator("ja")) == "Words"


def test_two_pages_cannot_have_one_address(bring):
    bring("mine", lambda: Page("mine", "compare", 45, drawn))
    with pytest.raises(UsageError, match="'compare'"):
        pages()


def test_a_page_that_cannot_be_loaded_names_its_package(bring):
    def broken():
        raise ImportError("no module named 'plotly'")

    bring("mine", broken)
    with pytest.raises(UsageError, match="plotly"):
        pages()


def test_something_else_is_no_page(bring):
    bring("mine", lambda: print)
    with pytest.raises(UsageError, match="mine"):
        pages()


def test_a_page_can_be_a_file(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from kikime.leaderboard.page.registry import Page\nPAGE = Page('mine', 'mine', 90, lambda: None, {'ja': '私'})\n"
    )
    assert registry.PAGES.find(str(file)).id == "mine"
