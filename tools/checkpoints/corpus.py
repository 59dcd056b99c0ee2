"""The lines that the bundled checkpoints learn from: one JSONL file per persona."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

LINES = Path(__file__).parent / "lines"
PERSONAS = ("ojousama", "bushi", "shonen")
_END = re.compile(r"[。？?！!]+$")
_OPENINGS = ("ねえ、", "あの、", "ところで、", "えっと、")


@dataclass(frozen=True)
class Line:
    """One exchange, or a pattern of exchanges with ``{slots}``."""

    persona: str
    model: str
    """Which checkpoint learns it: ``august`` or ``september``."""
    category: str
    user: str
    reply: str
    paraphrases: tuple[str, ...] = ()
    """Other ways in which the user may say the same."""
    context: str = ""
    """A fact of the system prompt that the reply is read from."""
    slots: dict[str, list[str]] = field(default_factory=dict)

    @property
    def askings(self) -> tuple[str, ...]:
        """Every wording of the user's side."""
        return (self.user, *self.paraphrases)

    def filled(self, rng: Random) -> Line:
        """The same line with one value in each slot."""
        values = {name: rng.choice(choices) for name, choices in self.slots.items()}
        return Line(
            self.persona,
            self.model,
            self.category,
            self.user.format(**values),
            self.reply.format(**values),
            tuple(text.format(**values) for text in self.paraphrases),
            self.context.format(**values),
        )


def load_lines(persona: str, model: str) -> list[Line]:
    """Lines of one persona that ``model`` learns, in the file's order."""
    records = map(json.loads, (LINES / f"{persona}.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Line(persona, **{**record, "paraphrases": tuple(record.get("paraphrases", ()))})
        for record in records
        if record["model"] == model
    ]


def vary(asking: str, rng: Random) -> str:
    """The user's line as people type it: another ending, an opening word, now and then a slip."""
    if asking.isascii():
        return asking.lower() if rng.random() < 0.2 else asking
    text = _END.sub("", asking)
    question = asking.endswith(("？", "?", "か", "の"))
    text += rng.choice(("？", "？", "。", "") if question else ("。", "。", "！", ""))
    if rng.random() < 0.15:
        text = rng.choice(_OPENINGS) + text
    if rng.random() < 0.15 and len(text) > 5:
        slip = rng.randrange(len(text) - 1)
        text = text[:slip] + text[slip + 1 :]
    return text
