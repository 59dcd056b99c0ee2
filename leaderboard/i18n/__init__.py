"""Texts of the page: Japanese by default, English by ``?lang=en``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("ja", "en")


@lru_cache(maxsize=4)
def texts(language: str) -> dict[str, str]:
    """All texts of one language by dotted key."""
    loaded = yaml.safe_load(Path(__file__).with_name(f"{language}.yaml").read_text(encoding="utf-8"))
    return dict(_flat(loaded))


def _flat(node: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in node.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", str(value))]
    return found


class Translator:
    """Looks texts up in one language.

    >>> Translator("en")("lang.label")
    'Language'
    """

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._texts = texts(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with its placeholders filled.

        Raises:
            KeyError: no such text; a defect of the page.
        """
        text = self._texts[key]
        return text.format(**values) if values else text

    def get(self, key: str, otherwise: str) -> str:
        """The text of ``key``, or ``otherwise``; for names that come from data."""
        return self._texts.get(key, otherwise)

    def metric(self, name: str) -> str:
        """What a metric, or a judge's criterion (``rubric.criterion@judge``), is called on the page."""
        if "." in name:
            criterion, _, judge = name.partition(".")[2].partition("@")
            return self.get(f"criterion.{criterion}", criterion) + (f" ({judge})" if judge else "")
        if self.language == "ja":
            from kikime.harness.reports.words.labels import metric_label

            return metric_label(name)
        return name.replace("_", " ")
