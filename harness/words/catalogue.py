"""Every text that a person reads, by key, in Japanese and in English: ``--lang`` or ``?lang=`` chooses."""

from __future__ import annotations

import locale
import os
from collections.abc import Sequence
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from kikime.harness.core.reasons import Reason
from kikime.harness.metrics.registry import METRICS, QUALITY

LANGUAGES = ("ja", "en")
_chosen: ContextVar[str | None] = ContextVar("language", default=None)


@lru_cache(maxsize=4)
def texts(language: str) -> dict[str, str]:
    """All texts of one language by dotted key: those of every file of its folder."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / language).glob("*.yaml")):
        found |= _flat(yaml.safe_load(path.read_text(encoding="utf-8")))
    return found


def _flat(node: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in node.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": str(value)}
    return found


def use_language(language: str | None) -> None:
    """Choose the language of whatever names none; None forgets the choice."""
    _chosen.set(language)


def own_language() -> str:
    """The chosen language, else ``KIKIME_LANG``, else that of the locale; English where none tells.

    >>> own_language() in LANGUAGES
    True
    """
    asked = _chosen.get() or os.environ.get("KIKIME_LANG")
    if asked in LANGUAGES:
        return asked
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
    return "ja" if (named or locale.getlocale()[0] or "").lower().startswith("ja") else "en"


class Translator:
    """Looks texts up in one language.

    >>> Translator("en")("lang.label")
    'Language'
    """

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._texts = texts(self.language)

    @classmethod
    def of(cls, language: str | None) -> Translator:
        """Texts in ``language``; in that of the person at this terminal where it is None."""
        return cls(own_language() if language is None else language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with its placeholders filled.

        Raises:
            KeyError: no such text; a defect of kikime.
        """
        text = self._texts[key]
        return text.format(**values) if values else text

    def get(self, key: str, otherwise: str) -> str:
        """The text of ``key``, or ``otherwise``; for names that come from data."""
        return self._texts.get(key, otherwise)

    def reason(self, reason: Reason) -> str:
        """A reason in words.

        >>> Translator("en").reason(Reason("no_shared_cell"))
        'the runs share no cell'
        """
        return self(f"reasons.{reason.code}", **reason.values)

    def reasons(self, reasons: Sequence[Reason]) -> list[str]:
        """Several reasons in words."""
        return [self.reason(reason) for reason in reasons]

    def metric(self, name: str) -> str:
        """What a metric, or a judge's criterion (``rubric.criterion@judge``), is called."""
        if "." in name:
            criterion, _, judge = name.partition(".")[2].partition("@")
            return self.get(f"criterion.{criterion}", criterion) + (f" ({judge})" if judge else "")
        if name not in METRICS:
            if self.language == "ja":
                return "返答の質" if name == QUALITY else f"判定：{name}"
            return name.replace("_", " ")
        return METRICS[name].short_ja if self.language == "ja" else METRICS[name].short_en
