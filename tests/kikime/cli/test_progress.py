"""What a run tells while it works, on stderr."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from kikime.cli import progress
from kikime.cli.progress import TerminalListener, duration, duration_range, ended_by_signals
from kikime.harness.core.request import Reply
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from tests.support.builders import make_materials


@pytest.fixture(params=["en", "ja"])
def language(request, monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", request.param)
    return request.param


@pytest.fixture
def english(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "en")


def replies(listener, n, **fields):
    for number in range(n):
        listener.reply(None, Reply(key=str(number), text="", finish_reason="stop", n_output_tokens=10, **fields))


@pytest.mark.parametrize(("seconds", "text"), [(40, "40 s"), (720, "12 min"), (12600, "3.5 h")])
def test_durations_have_the_unit_that_fits(english, seconds, text):
    assert duration(seconds) == text


def test_a_range_has_two_ends(language):
    assert duration_range((30, 600)) == {"en": "30 s to 10 min", "ja": "30秒〜10分"}[language]


def test_the_plan_is_one_line_of_the_language(language, capsys):
    prepared = prepare(resolve_checkpoint("demo:august"), make_materials(), EngineOptions())
    TerminalListener().planned(prepared, (30.0, 60.0))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith({"en": "plan: august × tiny: 12 replies", "ja": "計画：august × tiny：返答12件"}[language])


def test_prompts_that_are_too_long_are_told(english, capsys):
    prepared = prepare(resolve_checkpoint("demo:august"), make_materials(), EngineOptions())
    TerminalListener().planned(prepared._replace(n_too_long=3, max_model_len=64), (1.0, 2.0))
    assert "too long for the context of 64 tokens: 3" in capsys.readouterr().err


def test_the_last_line_counts_what_was_stored_too(english, capsys):
    listener = TerminalListener()
    listener.begin(10, 4)
    listener.stage("generate")
    replies(listener, 5)
    replies(listener, 1, error="x")
    listener.end()
    assert "10/10 replies" in (err := capsys.readouterr().err)
    assert ", 1 error" in err


def test_a_line_comes_now_and_then(english, capsys, monkeypatch):
    monkeypatch.setattr(progress, "_LINE_SECONDS", -1.0)
    listener = TerminalListener()
    listener.begin(2, 0)
    replies(listener, 1)
    listener.step(0)
    replies(listener, 1)
    listener.step(0)
    assert capsys.readouterr().err.count("replies/s") == 2


def test_tokens_are_told_before_the_first_reply_is_finished(english, capsys, monkeypatch):
    monkeypatch.setattr(progress, "_LINE_SECONDS", -1.0)
    listener = TerminalListener()
    listener.begin(140, 0)
    listener.stage("generate")
    listener.step(1_234)
    err = capsys.readouterr().err
    assert err.startswith("generating …\n1,234 tokens in ")
    assert "none of 140 replies finished yet" in err


def test_quiet_leaves_the_counting_out(english, capsys):
    listener = TerminalListener(quiet=True)
    listener.begin(2, 0)
    listener.stage("load")
    replies(listener, 2)
    listener.end()
    assert capsys.readouterr().err == ""
    listener.tell("complete")
    assert "every reply is there" in capsys.readouterr().err


def test_stages_are_told(language, capsys):
    TerminalListener().stage("load")
    assert {"en": "loading the engine", "ja": "読み込んでいます"}[language] in capsys.readouterr().err


def test_a_signal_ends_a_run_as_ctrl_c_does():
    former = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == former


def test_an_event_loop_ends_its_work_by_cancelling_it():
    cleaned = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cleaned.append(True)
            raise

    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), ended_by_signals():
            asyncio.run(work())
    finally:
        signal.signal(signal.SIGINT, former)
    assert cleaned == [True]
