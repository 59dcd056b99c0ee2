"""Every page and part over runs of every kind, as visitors of both languages see them, wide and narrow, light and dark."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from kikime.harness.words.catalogue import texts
from kikime.leaderboard.page.registry import pages
from tests.leaderboard.test_app import PARAMETER, PARTS
from tests.support.browsing import Visitor

pytestmark = pytest.mark.browser
VIEWS = [(view, part) for view in pages() for part in PARTS.get(view, ("",))]
LOOKS = {"ja": ((1440, "light"), (390, "dark")), "en": ((390, "light"), (1440, "dark"))}
KANA = re.compile("[ぁ-んァ-ヶ]")
FOREIGN = {
    "en": [text for text in texts("ja").values() if len(text) > 7 and KANA.search(text) and "{" not in text],
    "ja": [text for text in texts("en").values() if len(text) > 20 and " " in text and "{" not in text],
}
"""Language → texts of the other one, long enough that no reply holds them by chance."""
CLIPPED = """() => [...document.querySelectorAll(
  '[data-testid=stMetricLabel] *, [data-testid=stMetricValue], [data-testid=stWidgetLabel] *, button p')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== 'visible')
  .map(one => one.textContent)
  .concat([...document.querySelectorAll('[data-testid=stVegaLiteChart] svg text')]
  .map(one => one.textContent).filter(text => text.endsWith('…')))"""
"""Texts of labels, figures and buttons that do not fit into their boxes, and labels that a chart cuts off."""
PAPER = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
NOT_OURS = ("aria-hidden-focus", "region", "empty-table-header", "scrollable-region-focusable")
"""Rules of axe that the shell of Streamlit breaks before any page draws."""


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_view_is_sound(every_kind, chromium, language):
    address, runs = every_kind
    visitor = Visitor(chromium, address)
    complaints: list[str] = []
    visitor.tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    visitor.tab.on("pageerror", lambda error: complaints.append(str(error)))
    found = {}
    visitor.go(_path(*VIEWS[0], language, runs))
    for view, part in VIEWS:
        visitor.turn(_path(view, part, language, runs))
        for width, theme in LOOKS[language]:
            visitor.tab.set_viewport_size({"width": width, "height": 900})
            visitor.tab.emulate_media(color_scheme=theme)
            visitor.settle(pause=300)
            wrong = _faults(visitor, language, theme)
            found |= {(view, part, width): wrong} if wrong else {}
        wrong = _violations(
            visitor.tab
        )  # in the last of these looks: of both languages, that is both themes and widths
        found |= {(view, part, "axe"): wrong} if wrong else {}
    assert found == {}
    assert [text for text in complaints if "404" not in text] == []  # Streamlit asks for its health below each page
    assert visitor.external == []


def _path(view, part, language, runs):
    place = pages()[view].path
    chosen = f"&{PARAMETER[view]}={part}" if part else ""
    run, first = runs["アイネス-9月"], runs["アイネス-8月"]
    return f"/{place}?lang={language}&run={run}&a={first}&b={run}&rater=hana{chosen}"


def _faults(visitor, language, theme):
    """What is wrong with the page as it is shown now: kind → where."""
    tab = visitor.tab
    read = tab.locator('[data-testid="stMain"]').inner_text()
    faults = {
        "exceptions": tab.locator('[data-testid="stException"]').count(),
        "wider than the screen": not visitor.fits(),
        "language": tab.evaluate("document.documentElement.lang") != language,
        "theme": (tab.evaluate(PAPER) == "rgb(255, 255, 255)") != (theme == "light"),
        "untranslated": [text for text in FOREIGN[language] if text in read],
        "clipped": tab.evaluate(CLIPPED),
    }
    return {kind: where for kind, where in faults.items() if where}


def _violations(tab):
    """What axe finds on the page: rule → what breaks it."""
    found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    return {
        wrong["id"]: [node["html"][:160] for node in wrong["nodes"]] for wrong in found if wrong["id"] not in NOT_OURS
    }
