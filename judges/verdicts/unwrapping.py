"""A judge's answer without what servers and models put around it: thinking, a code fence, a sentence before the JSON."""

from __future__ import annotations

import msgspec
import regex

from kikime.harness.core.thinking import split_thinking

_FENCE = regex.compile(r"```[A-Za-z]*\s*(?P<inside>.*?)```", regex.DOTALL)


class _Part(msgspec.Struct):
    text: str = ""


def answer_text(content: object) -> str | None:
    """The text of a message: a string, or the text parts of a list joined; None where there is neither."""
    if isinstance(content, str):
        return content
    try:
        parts = msgspec.convert(content, list[_Part])
    except msgspec.ValidationError:
        return None
    return "".join(part.text for part in parts) or None


def thinks(text: str) -> bool:
    """Whether the text has thinking in it, ended or not."""
    return split_thinking(text).thinking is not None


def without_thinking(text: str) -> str:
    """The text without thinking, whether the answer or the prompt opened its tag.

    >>> without_thinking("<think>Hm.</think>5"), without_thinking("Hm.</think>5"), without_thinking("5")
    ('5', '5', '5')
    """
    return split_thinking(text).speech.strip()


def json_text(text: str) -> str:
    r"""What of an answer should be JSON: the one fenced block, or all from the first brace on.

    >>> json_text('Here it is:\n```json\n{"a": 1}\n```')
    '{"a": 1}'
    """
    plain = text.strip()
    if not plain.startswith(("{", "```")):
        plain = without_thinking(text)
    fenced = [block["inside"].strip() for block in _FENCE.finditer(plain)]
    if len(fenced) == 1:
        return fenced[0]
    start = plain.find("{")
    return plain[start:] if start > 0 else plain
