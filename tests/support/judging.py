"""Fixtures of tests that judge: a scripted server, a private cache, a persona."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kikime.harness.cards.persona import Persona
from kikime.judges.jobs.session import JudgeSettings, judge_settings
from tests.support.judge_server import KEY, JudgeServer


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeServer]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    running = JudgeServer()
    yield running
    running.close()


@pytest.fixture
def settings(server: JudgeServer) -> JudgeSettings:
    return judge_settings("gpt-4o-mini", server.url, concurrency=8, timeout=2.0)


@pytest.fixture
def persona() -> Persona:
    return Persona.model_validate(
        {
            "id": "lady",
            "name": "白鳥麗子",
            "profile": "18歳の高校3年生である。ミュージカルが好きで、兄はアメリカに留学している。",
            "background": "放課後の教室。",
            "voice": {
                "first_person": {"allowed": ["わたくし"], "forbidden": ["俺"]},
                "markers": {"strong": ["ですわ"], "target_rate": 0.8},
                "polite": True,
                "sheet": "一人称は「わたくし」。「〜ですわ」で終える丁寧な話し方をする。",
            },
            "length": {"chars": [10, 45], "target": 30},
            "examples": [{"user": f"質問{n}", "reply": f"わたくしの答えはこちらの{n}番ですわ"} for n in range(8)],
        }
    )
