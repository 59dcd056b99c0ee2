"""A judge's server that answers anything at all: every session ends, every reply has its lines, no number comes from a fault."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from kikime.harness.cards.persona import Persona
from kikime.judges.asking import client
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.session import judge_settings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric
from tests.support.judge_server import Answer, JudgeServer, completion, verdict

N = 100
_VALUES: tuple[Any, ...] = (None, True, 0, 7, -1, 3.5, "", "5", "ですわ", [], {}, [{}], {"text": "7"}, float("1e9"))
_STATUSES = (200, 200, 200, 200, 400, 409, 418, 422, 429, 500, 503)


def odd(draw: random.Random, body: dict[str, Any]) -> Answer:
    """One answer, wrong in some way or right; a right score is 5 and stands in whole verdicts only."""
    whole = completion(json.dumps(verdict(body)))
    raw = json.dumps(whole).encode()
    told = {draw.choice(("error", "detail", "choices", "x")): draw.choice(_VALUES)}
    kinds = [
        lambda: Answer(body=whole),
        lambda: Answer(draw.choice(_STATUSES), told),
        lambda: Answer(draw.choice(_STATUSES), raw=draw.randbytes(draw.randrange(60))),
        lambda: Answer(raw=raw[: draw.randrange(len(raw))]),
        lambda: Answer(drop=True),
        lambda: Answer(body=whole | {"choices": draw.choice([*_VALUES, [{"message": draw.choice(_VALUES)}]])}),
        lambda: Answer(body=completion(_broken(draw, body))),
    ]
    return draw.choice(kinds)()


def _broken(draw: random.Random, body: dict[str, Any]) -> Any:
    value = verdict(body)
    value[draw.choice(list(value))] = draw.choice([found for found in _VALUES if found != 7])
    return draw.choice([json.dumps(value), draw.choice(_VALUES)])


@pytest.mark.parametrize("seed", range(2))
def test_every_reply_has_its_lines_and_no_number_comes_from_a_fault(
    persona: Persona, server: JudgeServer, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(client, "_FIRST_WAIT", 0.0)
    draw = random.Random(seed)
    server.script = lambda body, _: odd(draw, body)
    subjects = [Subject(f"r{i}", persona, f"質問その{i}", f"わたくしは元気ですわ、{i}回目ですの") for i in range(N)]
    settings = judge_settings("player", server.url, concurrency=8, timeout=5.0)
    found = judge_subjects(subjects, [load_rubric("values")], settings)
    assert [line.id for line in found.lines] == [subject.id for subject in subjects]
    assert {line.score for line in found.lines if line.status in {"ok", "ungrounded"}} <= {5}
    assert all(line.score is None and line.error for line in found.lines if line.status not in {"ok", "ungrounded"})
    assert len(found.lines) == N == found.outcome.statuses.total()
