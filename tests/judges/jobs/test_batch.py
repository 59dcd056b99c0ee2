from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.store.wal import Segment, read_records
from kikime.judges.jobs.batch import BatchJob, BatchOptions, chunks
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.job import Judged
from kikime.judges.jobs.session import JudgeSettings, open_broker
from kikime.judges.verdicts.judge import plan_calls
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric
from tests.support.judge_server import KEY, Answer, JudgeServer, api_error, completion, good

FAST = BatchOptions(poll_seconds=0.02)
RUBRIC = load_rubric("character_v1")


def replies(persona: Persona, n: int) -> list[Subject]:
    return [Subject(f"r{i}", persona, f"質問{i}", f"わたくしの返事ですわ{i}") for i in range(n)]


def run(persona: Persona, settings: JudgeSettings, n: int = 3, batch: BatchOptions = FAST) -> Judged:
    return judge_subjects(replies(persona, n), [RUBRIC], settings, batch=batch)


def test_a_batch_costs_half_and_makes_no_chat_call(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    judged = run(persona, settings)
    assert len(server.batches.jobs) == 1
    assert server.requests == []
    assert {line.status for line in judged.lines} == {"ok"}
    assert sum(line.cost_usd for line in judged.lines) == pytest.approx(3 * (1000 * 0.15 + 200 * 0.6) / 1e6 / 2)


def test_a_batch_and_a_direct_session_share_their_verdicts(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    run(persona, settings)
    judge_subjects(replies(persona, 3), [RUBRIC], settings)
    run(persona, settings)
    assert server.requests == []
    assert len(server.batches.jobs) == 1


def test_the_batch_file_holds_complete_requests_and_no_key(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    run(persona, settings, 1)
    row = json.loads(server.batches.files["file-1"].splitlines()[0])
    call = next(plan_calls(replies(persona, 1)[0], RUBRIC, settings.judge))
    assert row == {"custom_id": call.key, "method": "POST", "url": "/v1/chat/completions", "body": call.body}
    assert KEY.encode() not in server.batches.files["file-1"]


def test_failed_lines_are_asked_again_in_another_batch(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: api_error(500, "oops") if n == 1 else good(body)
    assert sorted({line.status for line in run(persona, settings).lines}) == ["error", "ok"]
    server.script = good
    assert {line.status for line in run(persona, settings).lines} == {"ok"}
    assert len(server.batches.files["file-1"].splitlines()) == 3
    second = server.batches.jobs["batch-2"]["input_file_id"]
    assert len(server.batches.files[second].splitlines()) == 1


def submit_only(persona: Persona, settings: JudgeSettings) -> None:
    """Die while waiting, as a killed process does."""

    async def work() -> None:
        async with open_broker(settings) as broker:
            job = BatchJob(broker, poll_seconds=60, say=lambda _: None)
            calls = [call for s in replies(persona, 3) for call in plan_calls(s, RUBRIC, settings.judge)]
            async with asyncio.timeout(1):
                await job.run(calls)

    with pytest.raises(TimeoutError):
        asyncio.run(work())


def test_a_restart_collects_what_was_submitted_before(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.batches.polls = 1
    submit_only(persona, settings)
    judged = run(persona, settings)
    assert {line.status for line in judged.lines} == {"ok"}
    assert len(server.batches.jobs) == 1


def test_a_batch_whose_id_was_never_noted_is_found_again(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, tmp_path: Path
) -> None:
    submit_only(persona, settings)
    folder = next((tmp_path / "cache" / "kikime" / "judge").iterdir())
    announced = next(record for record in read_records(folder, "batches") if record["state"] == "announced")
    for path in folder.glob("batches-*"):
        path.unlink()
    with Segment.create(folder, "batches") as log:
        log.append(announced)
    assert {line.status for line in run(persona, settings).lines} == {"ok"}
    assert len(server.batches.jobs) == 1


def test_a_batch_whose_announcement_was_answered_by_a_lost_connection_is_found_again(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.batches.lose_next = True
    with pytest.raises(EnvironmentFault, match="cannot be reached"):
        run(persona, settings)
    assert len(server.batches.jobs) == 1, "the provider has the batch, the client never learnt its id"
    assert {line.status for line in run(persona, settings).lines} == {"ok"}
    assert len(server.batches.jobs) == 1


def test_a_batch_that_was_refused_is_submitted_again(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.batches.refuse_next = True
    with pytest.raises(EnvironmentFault, match="400"):
        run(persona, settings)
    assert server.batches.jobs == {}
    assert {line.status for line in run(persona, settings).lines} == {"ok"}
    assert len(server.batches.jobs) == 1


@pytest.mark.parametrize(
    "body", ["too many tokens", {"error": "too many tokens"}, {"error": {"message": "too many tokens"}}]
)
def test_an_error_of_a_line_may_be_text_or_an_object(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, body: object
) -> None:
    server.script = lambda asked, n: Answer(400, body)
    judged = run(persona, settings, 1)
    assert {(line.status, line.score, line.error) for line in judged.lines} == {("error", None, "too many tokens")}


def test_an_answer_that_is_no_completion_is_invalid(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda asked, n: Answer(200, "a sentence")
    assert {line.status for line in run(persona, settings, 1).lines} == {"invalid"}


def test_a_batch_of_another_input_stays_open_until_its_own_command_returns(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    submit_only(persona, settings)
    judge_subjects([Subject("x", persona, "別の質問", "別の返事")], [RUBRIC], settings, batch=FAST)
    assert len(server.batches.jobs) == 2
    run(persona, settings)
    assert len(server.batches.jobs) == 2


def test_the_budget_limits_what_is_submitted(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    judged = run(persona, settings, 10, BatchOptions(poll_seconds=0.02, max_usd=0.003))
    statuses = [line.status for line in judged.lines]
    assert {"ok", "budget"} == set(statuses)
    assert judged.outcome.spent_usd <= 0.003


def test_a_batch_that_fails_as_a_whole_is_one_clear_error(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: Answer(body=completion("{}"))
    poll = server.batches.poll

    def failing(name: str) -> dict[str, object]:
        problem = {"code": "token_limit_exceeded", "message": f"too many tokens for {KEY}"}
        return poll(name) | {
            "status": "failed",
            "errors": {"object": "list", "data": [problem]},
            "output_file_id": None,
        }

    server.batches.poll = failing  # type: ignore[method-assign,assignment]
    with pytest.raises(EnvironmentFault, match="too many tokens") as error:
        run(persona, settings)
    assert KEY not in str(error.value)


def test_large_jobs_are_cut_into_files(
    persona: Persona, settings: JudgeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [call for s in replies(persona, 5) for call in plan_calls(s, RUBRIC, settings.judge)]
    monkeypatch.setattr("kikime.judges.jobs.batch.MAX_ROWS", 2)
    assert [len(part) for part in chunks(calls)] == [2, 2, 1]
    assert os.environ["OPENAI_API_KEY"] == KEY
