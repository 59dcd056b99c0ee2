"""The pages of the app, found by looking: one package below :mod:`kikime.leaderboard.views` each, or an entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts, python_file
from kikime.harness.words.catalogue import Translator

_VIEWS = f"{__name__.partition('.page.')[0]}.views"


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


def bundled_pages() -> dict[str, Page]:
    """The pages of the app itself by id."""
    views = import_module(_VIEWS)
    own: list[Page] = [import_module(f"{_VIEWS}.{found.name}").PAGE for found in iter_modules(views.__path__)]
    return {page.id: page for page in sorted(own, key=lambda page: page.order)}


PAGES = Parts(Phrase("page"), Page, bundled_pages, load=python_file("PAGE", Page), suffixes=(".py",))
"""Pages of the app and of installed packages (entry points ``kikime.pages``)."""


@cache
def pages() -> dict[str, Page]:
    """Every page by its id, in the order of the navigation.

    Raises:
        UsageError: an installed package's page cannot be loaded, or takes the address of another one.
    """
    found = sorted(PAGES.all().values(), key=lambda page: page.order)
    for page in found:
        other = next((each for each in found if each is not page and each.path == page.path), None)
        if other is not None:
            raise UsageError(
                "the pages {page!r} and {other!r} have the same address: {address!r}",
                page=page.id,
                other=other.id,
                address=page.path,
            )
    return {page.id: page for page in found}
