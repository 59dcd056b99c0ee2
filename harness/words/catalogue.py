"""Every text that a person reads, by key, in Japanese and in English: ``--lang`` or ``?lang=`` chooses."""

from __future__ import annotations

import locale
import os
import re
from collections.abc import Sequence
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from kikime.harness.core.errors import KikimeError
from kikime.harness.core.names import id_of
from kikime.harness.core.reasons import Phrase, Reason, Wording

LANGUAGES = ("ja", "en")
_TELLING = 8
"""Letters of its own that a sentence needs to be told from somebody else's."""
_FOLDER = Path(__file__).parent
_BY_TEXT = ("banks.yaml", "errors.yaml", "examples.yaml", "formats.yaml", "help.yaml")
"""Files of texts by how they stand in the source or in a data file: in English, those of banks in Japanese."""
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_chosen: ContextVar[str | None] = ContextVar("language", default=None)


@lru_cache(maxsize=4)
def texts(language: str) -> dict[str, str]:
    """All texts of one language by dotted key: those of every file of its folder."""
    found: dict[str, str] = {}
    for path in sorted((_FOLDER / language).glob("*.yaml")):
        if path.name not in _BY_TEXT:
            found |= _flat(_read(path))
    return found


@lru_cache(maxsize=8)
def by_text(language: str, name: str) -> dict[str, str]:
    """The texts of one language by their original: ``banks``, ``errors``, ``formats`` (their sidecars) or ``help``.

    ``examples`` are by the words of their command.
    """
    path = _FOLDER / language / f"{name}.yaml"
    return _read(path) if path.is_file() else {}


@lru_cache(maxsize=4)
def messages(language: str) -> dict[str, str]:
    """The messages of one language by their English templates: those of errors, and the sentences of reasons."""
    errors = by_text(language, "errors")
    if not errors:
        return {}
    english, own = texts("en"), texts(language)
    return {english[key]: own[key] for key in english if key.startswith("reasons.")} | errors


@lru_cache(maxsize=2)
def _sentences(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the English of messages with values, and the messages; those with most words of their own first."""
    found: list[tuple[int, re.Pattern[str], str]] = []
    for template, own in messages(language).items():
        pattern, n_letters, known = "", 0, set[str]()
        for literal, name, _, _ in Formatter().parse(template):
            pattern += re.escape(literal)
            n_letters += sum(map(str.isalpha, literal))
            if name is not None:
                pattern += rf"(?P={name})" if name in known else rf"(?P<{name}>.+?)"
                known.add(name)
        if known and n_letters >= _TELLING:
            found.append((n_letters, re.compile(pattern, re.DOTALL), own))
    return [(pattern, own) for _, pattern, own in sorted(found, key=lambda each: -each[0])]


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  (a SafeLoader)
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


def reason_message(reason: Reason) -> Phrase:
    """The sentence of a reason as a message, for an error that tells it."""
    return Phrase(texts("en")[f"reasons.{reason.code}"], **reason.values)


class _Numbers(Wording):
    """Numbers below 0 begin with a minus sign, not with a hyphen."""

    def format_field(self, value: object, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        return text.replace("-", "−", 1) if isinstance(value, (int, float)) and value < 0 else text


_NUMBERS, _WORDING = _Numbers(), Wording()


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
        return _NUMBERS.format(text, **{name: self._value(value) for name, value in values.items()}) if values else text

    def get(self, key: str, otherwise: str) -> str:
        """The text of ``key``, or ``otherwise``; for names that come from data."""
        return self._texts.get(key, otherwise)

    def reason(self, reason: Reason) -> str:
        """A reason in words.

        >>> Translator("en").reason(Reason("no_shared_cell"))
        'the runs share no cell'
        """
        return self(f"reasons.{reason.code}", **{name: self._value(value) for name, value in reason.values.items()})

    def reasons(self, reasons: Sequence[Reason]) -> list[str]:
        """Several reasons in words."""
        return [self.reason(reason) for reason in reasons]

    def together(self, reasons: Sequence[Reason]) -> str:
        """Several reasons in one line.

        >>> Translator("ja").together([Reason("no_shared_cell"), Reason("no_shared_cell")]).count("；")
        1
        """
        return self("common.semicolon").join(self.reasons(reasons))

    def error(self, error: Exception) -> str:
        """What went wrong and what to do next, in words."""
        if not isinstance(error, KikimeError):
            return self.message(error.args[0]) if error.args and isinstance(error.args[0], Phrase) else str(error)
        message = self.message(error.message)
        return f"{message}\n  → {self.message(error.hint)}" if error.hint else message

    def message(self, text: str) -> str:
        """A message in words; a text that is none, such as a name or a server's answer, as it is."""
        if not isinstance(text, Phrase):
            return text
        template = messages(self.language).get(text.template) or text.template.replace("; ", self("common.semicolon"))
        return _WORDING.format(template, **{name: self._value(value) for name, value in text.values.items()})

    def stored(self, text: str) -> str:
        """What is stored of a failure, which is English: a sentence of ours in words, a server's own as it is.

        >>> Translator("ja").stored("the answer is not JSON: <html>")
        '答えが JSON ではありません：<html>'
        """
        known = messages(self.language)
        if not known or text in known:
            return known.get(text, text)
        for pattern, own in _sentences(self.language):
            if found := pattern.fullmatch(text):
                return self._filled(own, found.groupdict())
        return text

    def _filled(self, template: str, values: dict[str, str]) -> str:
        """A template with values that are texts already, whatever form it gives them."""
        parts = Formatter().parse(template)
        return "".join(literal + (self._part(values[name]) if name else "") for literal, name, _, _ in parts)

    def _part(self, value: str) -> str:
        """A sentence within a sentence in words; a name as it is."""
        return self.stored(value) if " " in value else value

    def _value(self, value: object) -> object:
        if isinstance(value, Exception):
            return self.error(value)
        return self.message(value) if isinstance(value, str) else value

    def criterion(self, name: str) -> str:
        """What a judge's criterion is called; also where a file gives its title instead of its id."""
        return self.get(f"criterion.{id_of(name)}", name)

    def of_format(self, text: str) -> str:
        """A title or a note of a format's sidecar; as it is where the format is not one of ours."""
        return by_text(self.language, "formats").get(text, text)

    def of_bank(self, text: str) -> str:
        """What a bank says of itself; as it is where the bank is not one of ours."""
        return by_text(self.language, "banks").get(text, text)

    def metric(self, name: str) -> str:
        """What a metric, or a judge's criterion (``rubric.criterion@judge``), is called."""
        if "." in name:
            criterion, _, judge = name.partition(".")[2].partition("@")
            return self.criterion(criterion) + (f" ({judge})" if judge else "")
        from kikime.harness.metrics.registry import METRICS, QUALITY

        if name not in METRICS:
            if self.language == "ja":
                return "返答の質" if name == QUALITY else f"判定：{name}"
            return name.replace("_", " ")
        return METRICS[name].short_ja if self.language == "ja" else METRICS[name].short_en
