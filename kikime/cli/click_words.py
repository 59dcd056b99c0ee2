"""Click's own sentences, and the help of commands and options, in the language of the command."""

from __future__ import annotations

import inspect
import re

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from kikime.harness.words.catalogue import by_text, messages, own_language

MODULES = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)
"""Those that say something to a user."""

WIDE = "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]"
"""Characters that take two columns; a line may end after any of them."""
CLOSING = (
    "\u3001\u3002\u3005\u300d\u300f\u3011\u3015\u301c\u30fb\u30fc\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
    "\u3063\u3083\u3085\u3087\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7"
)
"""Before these no line ends: signs that close, and small letters."""
OPENING = "\u300c\u300e\u3010\u3014\uff08"
"""After these no line ends."""
_UNBROKEN = re.compile(rf"({WIDE})(?=[{CLOSING}),.:;?!\]])|([{OPENING}])")
"""But not before what closes or is small, nor after what opens."""


def translate_click() -> None:
    """Let click look its sentences and our help up in the catalogue, each by its English.

    Click asks gettext for its own; it reads ``help`` of a command or an option when it prints that.
    """
    for module in MODULES:
        vars(module).update({name: word for name, word in _ASKED.items() if name in vars(module)})
    vars(click.formatting)["wrap_text"] = _wrap_text
    for owner, name, hook in (
        (click.Command, "help", _Help()),
        (click.Option, "help", _Help()),
        (click.Command, "get_short_help_str", _short_help),
        (click.Command, "format_epilog", _examples),
    ):
        setattr(owner, name, hook)


def paragraphs(text: str) -> list[str]:
    r"""The paragraphs of a help text, each in one line, as the catalogue has them.

    >>> paragraphs("Compare two runs.\n\n    They need\n    the same cells.")
    ['Compare two runs.', 'They need the same cells.']
    """
    return [" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n")]


class _Help:
    """The attribute ``help``: set in English, read in the language of the command."""

    def __set__(self, owner: object, text: str | None) -> None:
        vars(owner)["help"] = text

    def __get__(self, owner: object, _: type | None = None) -> str | None:
        text: str | None = vars(owner)["help"]
        own = by_text(own_language(), "help")
        if not text or not own:
            return text
        return "\n\n".join(own.get(paragraph) or _one(paragraph) for paragraph in paragraphs(text))


def _short_help(command: click.Command, limit: int = 45) -> str:
    """A line of the list of commands; Japanese, which has no words to leave out, gives its first sentence."""
    if own_language() == "en":
        return _ENGLISH_SHORT_HELP(command, limit)
    return (command.help or "").partition("\n\n")[0].partition("。")[0]


def _examples(_: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Examples of the command below its options, in lines as they would be typed."""
    words: list[str] = []
    here = context
    while here.parent:
        words, here = [str(here.info_name), *words], here.parent
    known = by_text(own_language(), "examples")
    examples = known.get(" ".join(words))
    if examples:
        with formatter.section(known["heading"]):
            formatter.write("".join(f"  {line}\n" for line in examples.splitlines()))


def _wrap_text(
    text: str,
    width: int = 78,
    initial_indent: str = "",
    subsequent_indent: str = "",
    preserve_paragraphs: bool = False,
) -> str:
    """Wrap as click does, which counts characters and breaks at spaces: each wide one gets a space, or a stop, for its width."""
    spaced = re.sub(f"({WIDE})(?!\0)", r"\1 ", _UNBROKEN.sub("\\1\\2\0", text))
    if spaced != text:
        width -= 1  # a space at the end of a line is not counted
    wrapped = _WRAP_TEXT(spaced, width, initial_indent, subsequent_indent, preserve_paragraphs)
    return re.sub(f"({WIDE})[ \0]", r"\1", wrapped)


def _one(sentence: str) -> str:
    return messages(own_language()).get(sentence, sentence)


def _one_or_many(one: str, many: str, n: int) -> str:
    return _one(one if n == 1 else many)


_ASKED = {"_": _one, "ngettext": _one_or_many}
_ENGLISH_SHORT_HELP = click.Command.get_short_help_str
_WRAP_TEXT = click.formatting.wrap_text
