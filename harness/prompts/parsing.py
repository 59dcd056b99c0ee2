"""Reading a prompt back into messages: does it say unambiguously who said what?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kikime.harness.core import messages as chat
from kikime.harness.core.messages import Message
from kikime.harness.prompts.renderer import Renderer
from kikime.harness.prompts.segments import Segments

_ALIASES = 0xF8000
"""Private-use characters from here stand for special tokens: a content cannot spell them."""


class Parser:
    """A shortest-match parser of one format's prompts that have a system text.

    It knows the format's control strings but not the number of turns: it takes the reading with the most turns, that
    is with the shortest contents. ``as_encoded`` reads what the model sees, special tokens apart from text that spells
    them; otherwise the prompt is read as a string.
    """

    def __init__(self, renderer: Renderer, *, as_encoded: bool) -> None:
        self._renderer = renderer
        self._as_encoded = as_encoded and renderer.encoder is not None
        self._pattern = lru_cache(maxsize=16)(self._compile)

    def survives(self, messages: Sequence[Message]) -> bool:
        """Whether ``messages`` (a system text first) come back from their prompt exactly, outer white space aside."""
        turns = len(messages) // 2
        segments, contents = self._renderer.segments(messages)
        wanted = [message["content"].strip() for message in messages]
        return self.parse(self._surface(segments, contents), max_turns=turns + 3) == wanted

    def parse(self, prompt: str, *, max_turns: int) -> list[str] | None:
        """Contents of a prompt, the system text first; None if it is no prompt of this format."""
        for turns in range(max_turns, 0, -1):
            match = self._pattern(turns).fullmatch(prompt)
            if match:
                return [self._renderer.format.read_reply(match[f"s{slot}"]) for slot in range(2 * turns)]
        return None

    def controls(self, turns: int) -> Segments:
        """The control text of a prompt with a system text and ``turns`` user turns."""
        return self._renderer.segments(_probe(turns))[0]

    def _compile(self, turns: int) -> re.Pattern[str]:
        segments = self.controls(turns)
        pattern, seen = re.escape(self._spelled(segments.controls[0])), set[int]()
        for slot, control in zip(segments.slots, segments.controls[1:], strict=True):
            pattern += f"(?P=s{slot})" if slot in seen else f"(?P<s{slot}>.*?)"
            pattern += re.escape(self._spelled(control))
            seen.add(slot)
        return re.compile(pattern, re.DOTALL)

    def _surface(self, segments: Segments, contents: Sequence[str]) -> str:
        pieces = [self._spelled(segments.controls[0])]
        for slot, control in zip(segments.slots, segments.controls[1:], strict=True):
            pieces += (contents[slot], self._spelled(control))
        return "".join(pieces)

    def _spelled(self, control: str) -> str:
        encoder = self._renderer.encoder
        if not self._as_encoded or encoder is None:
            return control
        number = {special: index for index, special in enumerate(encoder.guarded)}
        return "".join(
            (chr(_ALIASES + number[special]) if special else "") + text for special, text in encoder.parts(control)
        )


def _probe(turns: int) -> list[Message]:
    messages = [chat.system("s")]
    for turn in range(turns):
        messages += [chat.user(f"u{turn}"), chat.assistant(f"a{turn}")]
    return messages[:-1]
