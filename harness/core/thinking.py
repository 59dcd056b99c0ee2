"""A reasoning model's thinking told from what it says.

Known are tags of every usual shape (``<think>``, ``[THINK]``, ``<seed:think>``, ``<reasoning>``, ``<|START_THINKING|>``,
``◁think▷``, ``<|channel>thought``), harmony's channels, and the tags that a checkpoint's template names. vLLM's reasoning
parsers know them too, each by the name of one model and with its tokenizer at hand; replies of servers and files have neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import regex

_WORD = r"(?:thinking|thoughts?|think|reasoning|reason|reflection|analysis|scratchpad|inner|思考|推論)"
_AROUND = r"[\w:.\-]{0,16}"
_NAME = rf"(?<![^<\[|◁_:.\-/]){_WORD}(?![^>\]|▷_:.\-])"
_SHAPE = (
    rf"<\|?/?{_AROUND}{_NAME}{_AROUND}\|?>|◁/?{_AROUND}{_NAME}{_AROUND}▷"
    r"|(?-i:\[/?(?:THINK|THINKING|THOUGHT|REASONING)\])|<\|channel>thought|<channel\|>|<unused9[45]>(?:thought)?"
)
_TAG = regex.compile(_SHAPE, regex.IGNORECASE)
_CLOSES = regex.compile(r"/|(?<![a-z])(?:end|eo|stop|close|suffix)(?![a-z])|<channel\||unused95", regex.IGNORECASE)
_WORDED = regex.compile(
    r"\A\s*Here(?:'s| is) my thought process:(?P<thought>.*?)(?:Here(?:'s| is) my response:|\Z)", regex.DOTALL
)
_CHANNEL = regex.compile(
    r"<\|channel\|>\s*(?P<name>\w+)[^<]*<\|message\|>(?P<said>.*?)(?=<\|(?:end|return|call|channel|start)\|>|\Z)",
    regex.DOTALL,
)
_STRIPPED = regex.compile(
    r"\Aanalysis(?P<thought>.*?)(?:assistant)?(?:commentary.*?assistant)?final(?=[^a-z])(?P<said>.*)\Z|\Aanalysis(?=[A-Z])(?P<only>.*)\Z",
    regex.DOTALL,
)
_WRAPPED = regex.compile(
    r"\A\s*(?:<(?P<tag>answer|response)>(?P<said>.*?)(?:</(?P=tag)>\s*)?|<\|START_(?:RESPONSE|TEXT)\|>(?P<said>.*?)"
    r"(?:<\|END_(?:RESPONSE|TEXT)\|>\s*)?)\Z",
    regex.DOTALL,
)
_OPENED_CHANNEL = regex.compile(r"<\|channel\|>\s*(?:analysis|thinking)\s*<\|message\|>\s*\Z")
_SPLITS = regex.compile(r"""split\(\s*(['"])(?P<tag>(?:<\|?/|\[/)[^'"\s]{1,30}[>\]])\1""")
_LONGEST_TAG = 60


class Spoken(NamedTuple):
    """A reply taken apart."""

    speech: str
    """What the model says."""
    thinking: str | None = None
    """What it thought before; None where it did not."""
    ended: bool = True
    """Whether the thinking came to its end; if not, there may be no speech at all."""


def split_thinking(text: str, *, opened: bool = False, tags: Iterable[str] = ()) -> Spoken:
    r"""Take the thinking off a reply.

    Args:
        text: the reply as it was generated.
        opened: whether the prompt had opened the thinking, so that the reply begins inside it.
        tags: closing tags that the checkpoint names itself; see :func:`declared_tags`.

    >>> split_thinking("<think>挨拶を返す。</think>\n\nごきげんよう。")
    Spoken(speech='ごきげんよう。', thinking='挨拶を返す。', ended=True)
    >>> split_thinking("挨拶を返す。</think>やあ。").speech, split_thinking("[THINK]まだ").ended, split_thinking("やあ。")
    ('やあ。', False, Spoken(speech='やあ。', thinking=None, ended=True))
    """
    if found := _channels(text):
        return found
    speech, thoughts, ended = _untagged(text, opened=opened, tags=frozenset(tags))
    if worded := _WORDED.match(speech):
        thoughts.append(worded["thought"])
        ended, speech = worded.end("thought") < len(speech), speech[worded.end() :]
    if not thoughts:
        return Spoken(text)
    if wrapped := _WRAPPED.match(speech):
        speech = wrapped["said"].rstrip()
    thinking = "\n".join(filter(None, map(str.strip, thoughts)))
    return Spoken(speech.lstrip(), thinking, ended)


def opens_thinking(prompt: str, tags: Iterable[str] = ()) -> bool:
    """Whether a prompt ends inside the thinking, so that the reply begins with it."""
    return thinking_at_the_end(prompt, tags) is True


def thinking_at_the_end(prompt: str, tags: Iterable[str] = ()) -> bool | None:
    r"""Whether a prompt ends with thinking that it opens (True) or closes at once (False); None where with neither.

    >>> [thinking_at_the_end(prompt) for prompt in ("<|assistant|><think>\n", "<think>\n\n</think>\n\n", "### Response:")]
    [True, False, None]
    """
    end = prompt[-_LONGEST_TAG:].rstrip()
    if _OPENED_CHANNEL.search(end):
        return True
    last = max(_tag(frozenset(tags)).finditer(end), key=lambda found: found.end(), default=None)
    if last is None or last.end() != len(end):
        return None
    return not _closes(last[0])


@lru_cache(maxsize=64)
def declared_tags(template: str) -> frozenset[str]:
    """The closing tags at which a chat template cuts earlier replies, as it keeps their thinking out of the prompt."""
    return frozenset(found["tag"] for found in _SPLITS.finditer(template))


def has_thinking(template: str) -> bool:
    """Whether a chat template knows of thinking."""
    return bool(_TAG.search(template) or "<|channel|>analysis" in template or declared_tags(template))


def _untagged(text: str, *, opened: bool, tags: frozenset[str]) -> tuple[str, list[str], bool]:
    """The text outside of tags, the pieces inside, and whether the last one was closed."""
    speech, thoughts = "", []
    inside, since = opened, 0
    for found in _tag(tags).finditer(text):
        piece = text[since : found.start()]
        if not _closes(found[0]):
            if not inside or not piece.strip():
                speech, inside, since = speech + piece * (not inside), True, found.end()
        else:
            thoughts.append(piece if inside else speech + piece)
            speech, inside, since = speech if inside else "", False, found.end()
    if inside and speech.strip() and not text[since:].strip() and not thoughts:
        return text, [], True  # a stray tag at the end of a reply
    if inside:
        return speech, [*thoughts, text[since:]], False
    return speech + text[since:], thoughts, True


@lru_cache(maxsize=64)
def _tag(tags: frozenset[str]) -> regex.Pattern[str]:
    """The known tags and those of a checkpoint, opening and closing."""
    own = [form for tag in sorted(tags) for form in (tag, tag.replace("/", "", 1))]
    return regex.compile("|".join([*map(regex.escape, own), _SHAPE]), regex.IGNORECASE)


def _closes(tag: str) -> bool:
    return _CLOSES.search(tag) is not None


def _channels(text: str) -> Spoken | None:
    """Harmony's channels, also where a server has taken the control tokens out of them."""
    said = [(found["name"], found["said"]) for found in _CHANNEL.finditer(text)]
    if said:
        thinking = "\n".join(part.strip() for name, part in said if name != "final")
        final = [part for name, part in said if name == "final"]
        return Spoken("".join(final).strip(), thinking or None, bool(final))
    if stripped := _STRIPPED.match(text):
        if stripped["only"] is not None:
            return Spoken("", stripped["only"].strip(), ended=False)
        return Spoken(stripped["said"].strip(), stripped["thought"].strip() or None)
    return None
