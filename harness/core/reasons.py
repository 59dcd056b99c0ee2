"""Texts for a person whose words are chosen when they are shown, in the reader's language.

A :class:`Phrase` is an English sentence that is its own name; a :class:`Reason`, which is stored, is a code. The
catalogue, :mod:`kikime.harness.words.catalogue`, has the words of both.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable
from string import Formatter
from typing import Self

import msgspec
import yaml


class Wording(Formatter):
    """Fills templates; ``{n:reply|replies}`` is the first word where n is 1, else the second.

    >>> Wording().format("{n} {n:reply is|replies are} missing", n=1)
    '1 reply is missing'
    """

    def format_field(self, value: object, format_spec: str) -> str:
        """The value, or the word that goes with its number."""
        one, bar, several = format_spec.partition("|")
        if bar:
            return one if str(value) == "1" else several
        return str(super().format_field(value, format_spec))


_WORDING = Wording()


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
        phrase = super().__new__(cls, _WORDING.format(template, **values))
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


class Reason(msgspec.Struct, frozen=True):
    """One reason or note; worded at the edge, in the reader's language."""

    code: str
    """Key of its sentence under ``reasons`` in the catalogue."""
    values: dict[str, str | int | float] = {}
    """What the sentence's placeholders stand for."""


_SYSTEM = {
    errno.EACCES: Phrase("Permission denied"),
    errno.EADDRINUSE: Phrase("Address already in use"),
    errno.EADDRNOTAVAIL: Phrase("Cannot assign requested address"),
    errno.ECONNREFUSED: Phrase("Connection refused"),
    errno.ECONNRESET: Phrase("Connection reset by peer"),
    errno.EDQUOT: Phrase("Disk quota exceeded"),
    errno.EEXIST: Phrase("File exists"),
    errno.EIO: Phrase("Input/output error"),
    errno.EISDIR: Phrase("Is a directory"),
    errno.ELOOP: Phrase("Too many levels of symbolic links"),
    errno.EMFILE: Phrase("Too many open files"),
    errno.ENAMETOOLONG: Phrase("File name too long"),
    errno.ENOENT: Phrase("No such file or directory"),
    errno.ENOSPC: Phrase("No space left on device"),
    errno.ENOTDIR: Phrase("Not a directory"),
    errno.EPERM: Phrase("Operation not permitted"),
    errno.EROFS: Phrase("Read-only file system"),
}
_PARSERS = {
    str(phrase): phrase
    for phrase in (
        Phrase("Expecting value"),
        Phrase("Expecting ',' delimiter"),
        Phrase("Expecting ':' delimiter"),
        Phrase("Expecting property name enclosed in double quotes"),
        Phrase("Extra data"),
        Phrase("Illegal trailing comma before end of array"),
        Phrase("Illegal trailing comma before end of object"),
        Phrase("Invalid \\escape"),
        Phrase("Invalid control character at"),
        Phrase("Unterminated string starting at"),
        Phrase("block sequence entries are not allowed in this context"),
        Phrase("control characters are not allowed"),
        Phrase("could not find expected ':'"),
        Phrase("did not find expected ',' or ']'"),
        Phrase("did not find expected ',' or '}}'"),
        Phrase("did not find expected '-' indicator"),
        Phrase("did not find expected <document start>"),
        Phrase("did not find expected alphabetic or numeric character"),
        Phrase("did not find expected key"),
        Phrase("did not find expected node content"),
        Phrase("found character that cannot start any token"),
        Phrase("found undefined alias"),
        Phrase("found unexpected end of stream"),
        Phrase("found unknown escape character"),
        Phrase("mapping values are not allowed in this context"),
    )
}


def system_reason(error: OSError) -> str:
    """Why the system refused."""
    return _SYSTEM.get(error.errno or 0) or error.strerror or str(error)


def parser_reason(error: json.JSONDecodeError | yaml.MarkedYAMLError) -> str:
    """What a parser of JSON or YAML stumbled over."""
    said = error.msg if isinstance(error, json.JSONDecodeError) else error.problem or str(error)
    return _PARSERS.get(said, said)
