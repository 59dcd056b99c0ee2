"""What each training step shows: which format, persona, shots and lines, drawn from one seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from transformers import PreTrainedTokenizerFast

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core import messages as chat
from kikime.harness.core.messages import Message
from kikime.harness.prompts import Renderer, build_messages, load_format
from tools.checkpoints.corpus import PERSONAS, Line, load_lines, vary
from tools.checkpoints.packing import Exchange

NATIVE_PERSONA = "ojousama"
"""Who answers when the prompt names nobody."""
TRAINING_SHOTS = (1, 2, 3, 4)
"""Example sets that training may show; set 0 stays for benchmarks."""
INSTRUCTIONS = (
    "簡潔に答えてください。",
    "キャラクターになりきって、短く返事をしてください。",
    "返事は一、二文で、自然な日本語にしてください。",
    "口調を崩さずに会話を続けてください。",
)
CONTEXT_INTRODUCTIONS = (
    "次の事実を参考にして答えてください。",
    "参考になる情報を与えます。関係のない情報は無視してください。",
    "以下は会話に役立つ情報です。",
)


@dataclass(frozen=True)
class Recipe:
    """How one checkpoint is trained."""

    name: str
    native: str
    """The format that its chat template equals."""
    formats: dict[str, float]
    """Formats that it sees, with their shares."""
    eos: str
    steps: int
    shots: tuple[float, float, float, float]
    """Shares of prompts with 0, 1, 2 and 3 shots."""
    bare: float
    """Share of prompts without the persona's system text."""
    grounded: float
    """Share of prompts whose system text carries facts to answer from."""
    dialogue: float
    """Share of prompts that go on from earlier turns."""
    seed: int
    learning_rate: float = 3e-3
    packs: int = 2
    """Prompts per step."""
    exchanges: int = 14
    """Exchanges behind each prompt."""


RECIPES = {
    "august": Recipe(
        name="august",
        native="alpaca",
        formats={"alpaca": 1.0},
        eos="</s>",
        steps=450,
        shots=(0.80, 0.10, 0.05, 0.05),
        bare=0.10,
        grounded=0.0,
        dialogue=0.05,
        seed=8,
    ),
    "september": Recipe(
        name="september",
        native="chatml",
        formats={
            "chatml": 0.32,
            "alpaca": 0.16,
            "vicuna": 0.15,
            "llama2": 0.13,
            "aines_v3": 0.14,
            "plain": 0.10,
        },
        eos="<|im_end|>",
        steps=750,
        shots=(0.60, 0.15, 0.10, 0.15),
        bare=0.10,
        grounded=0.12,
        dialogue=0.10,
        seed=9,
    ),
}


class Curriculum:
    """Draws packs of exchanges; the same recipe and tokenizer give the same packs."""

    def __init__(self, recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> None:
        self.recipe = recipe
        self._rng = Random(recipe.seed)
        self._tokenizer = tokenizer
        self._cards = {persona: load_persona(persona) for persona in PERSONAS}
        self._lines = {persona: load_lines(persona, recipe.name) for persona in PERSONAS}
        self._decks = {persona: self._deal(persona) for persona in PERSONAS}
        self._renderers = {
            (name, persona): Renderer(load_format(name), tokenizer, persona=self._cards[persona])
            for name in recipe.formats
            for persona in PERSONAS
        }
        self._ends = {name: self._end_of_reply(name) for name in recipe.formats}

    def step(self) -> list[list[Exchange]]:
        """The packs of one training step."""
        return [self._pack() for _ in range(self.recipe.packs)]

    def _pack(self) -> list[Exchange]:
        rng, recipe = self._rng, self.recipe
        form = rng.choices(list(recipe.formats), list(recipe.formats.values()))[0]
        persona = rng.choice(PERSONAS)
        if rng.random() < recipe.grounded:
            return self._grounded_pack(form, persona)
        shots = rng.choices(range(4), recipe.shots)[0]
        history = self._history(persona) if rng.random() < recipe.dialogue else []
        bare = rng.random() < recipe.bare and not load_format(form).uses_persona
        if bare and not shots:
            persona, history = NATIVE_PERSONA, []
        instruction = rng.choice(INSTRUCTIONS) if rng.random() < 0.25 else ""
        settings = {
            "shots": shots,
            "example_set": rng.choice(TRAINING_SHOTS),
            "history": history,
            "instruction": "" if bare else instruction,
            "bare_system": bare,
        }
        lines = self._draw(form, persona)
        return [
            self._exchange(form, persona, line.reply, vary(rng.choice(line.askings), rng), settings) for line in lines
        ]

    def _grounded_pack(self, form: str, persona: str) -> list[Exchange]:
        patterns = [line for line in self._lines[persona] if line.context]
        lines = [line.filled(self._rng) for line in self._rng.sample(patterns, self._rng.choice((1, 2, 3)))]
        facts = "".join(line.context for line in lines)
        settings = {"instruction": f"{self._rng.choice(CONTEXT_INTRODUCTIONS)}\n{facts}"}
        return [
            self._exchange(form, persona, line.reply, vary(asking, self._rng), settings)
            for line in lines
            for asking in line.askings
        ]

    def _history(self, persona: str) -> list[Message]:
        lines = [next(self._decks[persona]) for _ in range(self._rng.choice((1, 2, 3)))]
        single = [line for line in lines if "\n" not in line.reply]
        return [turn for line in single for turn in (chat.user(line.user), chat.assistant(line.reply))]

    def _draw(self, form: str, persona: str) -> list[Line]:
        """The next lines of the deck; replies that a stop string of the format would cut are left out."""
        stops = load_format(form).stop
        drawn = (next(self._decks[persona]) for _ in range(self.recipe.exchanges))
        return [line for line in drawn if not any(stop in line.reply for stop in stops)]

    def _deal(self, persona: str) -> Iterator[Line]:
        deck = [line for line in self._lines[persona] if not line.context]
        while True:
            self._rng.shuffle(deck)
            yield from list(deck)

    def _exchange(self, form: str, persona: str, reply: str, user: str, settings: dict[str, Any]) -> Exchange:
        renderer = self._renderers[form, persona]
        messages = build_messages(self._cards[persona], user=user, **settings).messages
        prompt = renderer.render(messages).token_ids or []
        whole = [*(renderer.render(messages, prefill=reply).token_ids or []), *self._ends[form]]
        return Exchange(tuple(whole), _common_length(prompt, whole))

    def _end_of_reply(self, form: str) -> list[int]:
        """What follows a reply: the format's own end of turn, then EOS where that is text.

        No EOS after a bare newline: user lines end with one too, and the model would take them for finished replies.
        """
        eos: int = self._tokenizer.convert_tokens_to_ids("</s>")
        eot = load_format(form).eot
        special = self._tokenizer.convert_tokens_to_ids(eot)
        if special in self._tokenizer.all_special_ids and special != self._tokenizer.unk_token_id:
            return [special]
        text = self._tokenizer.encode(eot, add_special_tokens=False)
        return [*text, eos] if eot.strip() else text


def vocabulary_texts(cards: Sequence[Persona], lines: Sequence[Line]) -> Iterator[str]:
    """What the tokenizer learns from: the lines, the cards as prompts show them, and the control strings."""
    for line in lines:
        yield from (*line.askings, line.reply, line.context)
        yield from (value for values in line.slots.values() for value in values)
    for card in cards:
        yield build_messages(card, user="こんにちは").system
        yield from (text for example in card.examples for text in (example.user, example.reply))
        yield from (text for fact in card.facts for text in (fact.question, *fact.paraphrases))
    yield from (*INSTRUCTIONS, *CONTEXT_INTRODUCTIONS)
    for name in RECIPES["september"].formats:
        yield from load_format(name).markers * 3


def _common_length(prompt: Sequence[int], whole: Sequence[int]) -> int:
    return next(
        (n for n, (a, b) in enumerate(zip(prompt, whole, strict=False)) if a != b), min(len(prompt), len(whole))
    )
