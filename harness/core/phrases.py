"""Texts for a person whose words are chosen when they are shown, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self


class Phrase(str):
    """An English sentence that remembers its template and its values, as a message of gettext does.

    As a ``str`` it is the English text, which is what is stored and what a traceback shows. The template names the
    sentence in :mod:`kikime.harness.words`, which has it in other languages. A value may be a phrase itself, or an error.

    >>> Phrase("no run '{run}' in {runs}", run="a", runs="runs")
    "no run 'a' in runs"
    """

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill the template; a text that is a phrase already stays as it is."""
        if isinstance(template, cls):
            return template
        phrase = super().__new__(cls, template.format(**values))
        phrase.template = template
        phrase.values = values
        return phrase

    @classmethod
    def joined(cls, separator: str, texts: Iterable[str]) -> Self:
        """Several texts one after another; ``separator`` has no words of its own."""
        values = {f"text_{number}": text for number, text in enumerate(texts)}
        return cls(separator.join(f"{{{name}}}" for name in values), **values)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (self.template,), self.values
