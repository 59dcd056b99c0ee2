"""The pages of the app, found by looking: one package below :mod:`kikime.leaderboard.views` each, or an entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from kikime.harness.core.errors import UsageError
from kikime.harness.words.catalogue import Translator

GROUP = "kikime.pages"
"""Entry points of other packages; each names a :class:`Page`."""


@dataclass(frozen=True)
class Page:
    """One page of the app: ``PAGE`` of its package."""

    id: str
    """Links to the page name it so."""
    path: str
    """Path of its address; empty for the page at the root."""
    order: int
    """Place in the navigation: smaller is further left."""
    show: Callable[[], None]
    """Draws the page."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Language → title; the texts under ``pages`` where it is empty."""

    def title(self, t: Translator) -> str:
        """The page's title in the reader's language."""
        return self.titles.get(t.language) or next(iter(self.titles.values()), "") or t(f"pages.{self.id}")

    def navigable(self, t: Translator | None = None) -> StreamlitPage:
        """The page as streamlit takes it in its navigation and in links."""
        title = self.title(t) if t is not None else self.id
        return st.Page(self.show, title=title, url_path=self.path or None, default=not self.path)


@cache
def pages() -> dict[str, Page]:
    """Every page by its id, in the order of the navigation.

    Raises:
        UsageError: another package's page is none, or takes the id or path of a page that is there.
    """
    from kikime.leaderboard import views

    own = [import_module(f"{views.__name__}.{found.name}").PAGE for found in iter_modules(views.__path__)]
    found: dict[str, Page] = {}
    for page in (*own, *_installed()):
        if any(page.id == other.id or page.path == other.path for other in found.values()):
            raise UsageError(f"page {page.id!r}: its id or its path {page.path!r} is taken by another page")
        found[page.id] = page
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def _installed() -> list[Page]:
    found = []
    for point in entry_points(group=GROUP):
        try:
            page = point.load()
        except (ImportError, AttributeError) as error:
            raise UsageError(f"page {point.name!r} ({point.value}) cannot be loaded: {error}") from error
        if not isinstance(page, Page):
            raise UsageError(f"page {point.name!r}: {point.value} is no {Page.__name__} of {__name__}")
        found.append(page)
    return found
