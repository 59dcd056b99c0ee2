"""An engine for ``--engine tools/bench_scale/canned.py`` that answers at once: what a run costs then is kikime's own work."""

from __future__ import annotations

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines.base import EngineKind
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions

_LINES = (
    "ごきげんよう。本日も良い一日にいたしましょう。{}番目のお茶をどうぞ、ですわ。",
    "拙者は{}度も稽古をしたでござる。明日も励むつもりでござる。",
    "オレは{}回も挑戦したぜ！ 次は負けないからな！",
)


class CannedEngine:
    """Hands over everything that was submitted; each reply is another text."""

    window = 512

    def __init__(self) -> None:
        self._waiting: list[Request] = []

    def submit(self, request: Request) -> None:
        """Queue one request."""
        self._waiting.append(request)

    def poll(self) -> list[Reply]:
        """Answer all."""
        done, self._waiting = self._waiting, []
        return [self._answer(request) for request in done]

    def _answer(self, request: Request) -> Reply:
        text = _LINES[request.position % len(_LINES)].format(request.position)
        return Reply(request.key, text, "stop", n_output_tokens=len(text))

    def describe(self) -> dict[str, object]:
        """Its name."""
        return {"engine": "canned"}

    def close(self) -> None:
        """Forget what is waiting."""
        self._waiting.clear()


def _load(checkpoint: Checkpoint, options: EngineOptions) -> CannedEngine:
    del checkpoint, options
    return CannedEngine()


ENGINE = EngineKind(_load)
