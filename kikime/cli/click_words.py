"""Click's own sentences in the language of the command."""

from __future__ import annotations

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from kikime.harness.words.catalogue import messages, own_language

MODULES = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)
"""Those that say something to a user."""


def translate_click() -> None:
    """Let click look its sentences up in our catalogue; it asks gettext for each, by its English, through these names."""
    for module in MODULES:
        vars(module).update({name: word for name, word in _ASKED.items() if name in vars(module)})


def _one(sentence: str) -> str:
    return messages(own_language()).get(sentence, sentence)


def _one_or_many(one: str, many: str, n: int) -> str:
    return _one(one if n == 1 else many)


_ASKED = {"_": _one, "ngettext": _one_or_many}
