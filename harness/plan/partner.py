"""The user's side of a dialogue: what a user model is asked, and whether what it says is a line of the user's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from kikime.harness.cards.persona import Length, Persona
from kikime.harness.core import messages as chat
from kikime.harness.core.messages import Message
from kikime.harness.core.request import Reply, Request
from kikime.harness.metrics import Scorer
from kikime.harness.metrics.repeats.copying import MIN_SHARED, comparable, copies
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.suites.grid import Cell
from kikime.harness.suites.task import Item

SELF = "self"
"""The loaded engine plays the user too."""
MAX_TOKENS = 96
"""Of one line of the user's."""
SILENCE = "……"

LineStatus = Literal["ok", "last", "empty", "echo", "refused", "out_of_role", "error"]
"""What a user model's line is: a line, a farewell, or broken; a broken one ends its dialogue and scores nobody."""
SPOKEN: frozenset[LineStatus] = frozenset({"ok", "last"})
"""Lines that the character answers."""

_FRAME = """\
あなたは次の人物です。この人物になりきって、{partner}に話しかけてください。
【あなた】
{who}
【あなたの望み】
{wants}
【あなたの話し方】
{speaks}
【場面】（「相手」とあるのは、あなたのことです）
{scene}
【指示】
あなたの次のせりふだけを、一つ書いてください。地の文、説明、名前の見出しは付けません。{partner}のせりふは書きません。"""
_FAREWELL = "話が済んだら、「{words}」と言って終えてください。"
_OPENING = "（場面が始まります。あなたから声をかけてください）"
_REFUSAL = re.compile(
    r"(?:ご?(?:要望|依頼|要請)|リクエスト|ロールプレイ|この会話|(?:この|その)よう?な?(?:内容|発言|会話|話題)).{0,20}"
    r"(?:でき(?:ません|かね)|いたしかね|お断り|控えさせ)|(?:I'm sorry|I can(?:'|no)t (?:help|assist|continue))",
)
_QUOTED = re.compile(r"「([^「」]+)」\Z")


def partner_messages(item: Item, persona: Persona, history: Sequence[Message]) -> list[Message]:
    """What the user model is asked: the user's card, and the dialogue so far with the roles reversed.

    ``history`` begins with the user's first line and ends with the character's last reply.
    """
    card = item.partner
    assert card is not None
    words = {"who": card.who, "wants": card.wants, "speaks": card.speaks, "scene": item.scene}
    text = _FRAME.format(partner=persona.name, **{name: value.strip() for name, value in words.items()})
    if item.ends:
        text += _FAREWELL.format(words="」「".join(item.ends))
    reversed_roles = {"user": chat.assistant, "assistant": chat.user}
    told = [reversed_roles[turn["role"]](turn["content"].strip() or SILENCE) for turn in history]
    return [chat.system(text), chat.user(_OPENING), *told]


def line_of(text: str) -> str:
    """What the user says: without the marks around it.

    >>> line_of(" 「こんにちは。」 ")
    'こんにちは。'
    """
    quoted = _QUOTED.match(text.strip())
    return quoted[1].strip() if quoted else text.strip()


def line_status(request: Request, reply: Reply, cell: Cell) -> LineStatus:
    """What the reply to a user model's ``request`` is."""
    if reply.error is not None:
        return "error"
    line = line_of(reply.text)
    if not line:
        return "empty"
    if _REFUSAL.search(line):
        return "refused"
    if _is_echo(line, request.history):
        return "echo"
    measured = _scorer().score(line)
    leaks = ("turn_leak", "template_leak", "placeholder_leak", "role_confusion", "assistant_boilerplate")
    if any(measured.get(name) for name in leaks) or re.match(rf"{re.escape(cell.persona.name)}\s*[:：「]", line):
        return "out_of_role"
    return "last" if any(word in line for word in cell.item.ends) else "ok"


def unspoken(request: Request, status: LineStatus, cell: Cell) -> int:
    """How many replies of the plan a line leaves out, because the dialogue ends with it."""
    left = 1 + len(cell.item.script) - request.turn
    if status in {"ok", "error"}:
        return 0
    return left - 1 if status == "last" else left


def _is_echo(line: str, history: Sequence[Message]) -> bool:
    """Whether the line copies the character's last reply, or is the user's own last line again."""
    said = comparable(line)
    own, theirs = (comparable(turn["content"]) for turn in history[-2:])
    return copies(said, theirs) or (len(said) >= MIN_SHARED and said == own)


@lru_cache(maxsize=1)
def _scorer() -> Scorer:
    return scorer_of(Persona(id="partner", name="partner", profile="-", length=Length(chars=(0, 10**9), target=1)))
