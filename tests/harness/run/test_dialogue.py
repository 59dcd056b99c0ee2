"""Dialogues with a user model: who speaks when, what breaks one, and how a broken-off run goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import Checkpoint, resolve_checkpoint
from kikime.harness.plan.prepare import Prepared, prepare
from kikime.harness.prompts import load_tokenizer
from kikime.harness.reports.claims.dialogue import dialogue_report
from kikime.harness.run.dialogue import opened_engine
from kikime.harness.run.execute import execute, restore, start_run
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.samples import read_samples
from kikime.harness.store.wal import REPLIES, read_records
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite
from tests.support.builders import IN_VOICE
from tests.support.canned import Canned
from tests.support.judge_server import Answer, JudgeServer, completion

BANK = str(Path(__file__).with_name("two_scenes.yaml"))
SUITE = Suite(id="tiny", tasks=[BANK], personas=["ojousama"], formats=["alpaca"])
N_TURNS = 10


def planned(user: str | None = "self", suite: Suite = SUITE) -> Prepared:
    return prepare(resolve_checkpoint("demo:august"), gather_materials(suite), EngineOptions(user_model=user))


def speaks(request: Request) -> str:
    """A user who asks another thing each turn, and a character in voice."""
    return f"第{request.turn}の話をしてくれませんか？" if request.speaker == "user" else IN_VOICE


def lines(run: RunDirectory) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(run.lines_file).to_pylist()
    return found


def done(tmp_path, answer, user: str | None = "self") -> RunDirectory:
    prepared = planned(user)
    run = start_run(prepared, tmp_path, "x")
    execute(run, prepared, engine=Canned(answer))
    return run


def test_without_a_user_model_the_lines_of_the_bank_are_spoken(tmp_path):
    run = done(tmp_path, lambda _: IN_VOICE, None)
    scene = gather_materials(SUITE).tasks["two_scenes"].items[0]
    own = [row["user"] for row in read_samples(run) if row["item_id"] == scene.id]
    assert own == [scene.user, *scene.script]
    assert not run.lines_file.exists()


def test_the_user_model_speaks_every_line_but_the_first(tmp_path):
    run = done(tmp_path, speaks)
    own = [row for row in read_samples(run) if row["position"] == 0]
    assert [row["user"] for row in own[1:]] == [f"第{turn}の話をしてくれませんか？" for turn in range(1, N_TURNS)]
    assert [(row["turn"], row["status"]) for row in lines(run) if row["position"] == 0] == [
        (turn, "ok") for turn in range(1, N_TURNS)
    ]
    assert run.is_complete()


def test_the_user_model_sees_its_card_and_the_roles_reversed(tmp_path):
    asked: list[Request] = []

    def answer(request: Request) -> str:
        asked.extend([request] if request.speaker == "user" else [])
        return speaks(request)

    done(tmp_path, answer)
    scene = gather_materials(SUITE).tasks["two_scenes"].items[0]
    first = next(request for request in asked if request.turn == 1 and scene.id == request.item_id)
    assert scene.partner.wants in first.prompt
    assert first.prompt.index(scene.user) < first.prompt.index(IN_VOICE)


def test_the_character_never_sees_the_card_of_the_user(tmp_path):
    run = done(tmp_path, speaks)
    wants = [item.partner.wants for item in gather_materials(SUITE).tasks["two_scenes"].items]
    assert not any(text in row["prompt"] for row in read_samples(run) for text in wants)
    assert "軒先" in read_samples(run)[0]["system"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("", "empty"),
        (IN_VOICE, "echo"),
        ("申し訳ありませんが、そのご要望にはお応えできません。", "refused"),
        ("わたしはAIなので、お答えできません。", "out_of_role"),
        ("小野寺絢音：ごきげんよう。", "out_of_role"),
        ("USER: こんにちは", "out_of_role"),
    ],
)
def test_a_broken_user_ends_the_dialogue_and_scores_nobody(tmp_path, line, status):
    run = done(tmp_path, lambda request: line if request.speaker == "user" and request.turn == 4 else speaks(request))
    assert [(row["turn"], row["status"], row["unspoken"]) for row in lines(run) if row["turn"] == 4] == [
        (4, status, 6),
        (4, status, 6),
    ]
    rows = read_samples(run)
    assert {row["turn"] for row in rows} == set(range(4))
    assert not any(row["error"] for row in rows)
    assert run.is_complete()
    assert run.status()["planned"] == run.status()["done"] == 8


def test_a_farewell_is_answered_and_then_the_dialogue_is_over(tmp_path):
    run = done(
        tmp_path, lambda r: "そろそろ行きます。おやすみなさい。" if r.speaker == "user" and r.turn == 3 else speaks(r)
    )
    assert {row["turn"] for row in read_samples(run)} == {0, 1, 2, 3}
    assert {(row["status"], row["unspoken"]) for row in lines(run) if row["turn"] == 3} == {("last", 6)}
    assert run.is_complete()


def test_a_silent_user_is_no_broken_one(tmp_path):
    run = done(tmp_path, lambda request: "……。" if request.speaker == "user" else IN_VOICE)
    assert {row["status"] for row in lines(run)} == {"ok"}


def test_what_the_bank_checks_is_not_expected_of_other_lines(tmp_path):
    run = done(tmp_path, speaks)
    assert all(row["metrics"].get("fact_correct") is None for row in read_samples(run))


class Dying(Canned):
    """Dies after so many replies, of which it hands over one at a time, the newest first."""

    def __init__(self, left: int) -> None:
        super().__init__(speaks)
        self.left = left
        self.asked: list[str] = []

    def poll(self) -> list[Reply]:
        if self.left == 0:
            raise EngineFault("the engine died")
        self.left -= 1
        request = self.waiting.pop()
        self.asked.append(request.key)
        return [self._reply(request, self.answer(request))]


def test_a_run_that_breaks_off_in_mid_dialogue_asks_nothing_twice(tmp_path):
    prepared = planned()
    run = start_run(prepared, tmp_path, "x")
    asked: list[str] = []
    for left in (1, 2, 5, 12, 100):
        engine = Dying(left)
        with suppress(EngineFault):
            execute(run, prepared, engine=engine)
        asked += engine.asked
    assert run.is_complete()
    assert len(asked) == len(set(asked)) == 2 * N_TURNS + 2 * (N_TURNS - 1)
    whole = done(tmp_path, speaks)
    assert [(r["key"], r["user"]) for r in read_samples(run)] == [(r["key"], r["user"]) for r in read_samples(whole)]
    assert lines(run) == lines(whole)


def test_a_dialogue_does_not_wait_for_a_slower_one(tmp_path):
    """The newest request is always answered first, so one dialogue ends before the other has its second turn."""
    prepared = planned()
    run = start_run(prepared, tmp_path, "x")
    engine = Dying(2 * N_TURNS - 1)
    with suppress(EngineFault):
        execute(run, prepared, engine=engine)
    assert {record["position"] for record in _records(run)} == {1}


def _records(run: RunDirectory) -> list[dict[str, Any]]:
    return list(read_records(run.wal, REPLIES))


def test_who_speaks_for_the_user_is_part_of_what_is_compared(tmp_path):
    keys = {user: {row["pair_key"] for row in read_samples(done(tmp_path, speaks, user))} for user in (None, "self")}
    assert not keys[None] & keys["self"]


def test_runs_that_speak_with_themselves_say_so(tmp_path):
    manifest = done(tmp_path, speaks).manifest()
    assert manifest["user"] == {"model": "self"}
    assert str(manifest["hashes"]["sampling"]["--user-model"]).startswith("self:")


@pytest.mark.parametrize("user", ["self", "demo:september"])
def test_a_user_model_without_a_dialogue_is_refused(user):
    with pytest.raises(UsageError, match="user-model"):
        planned(user, Suite(id="t", tasks=["daily"], personas=["ojousama"], limit=1))


@pytest.fixture
def beside(monkeypatch) -> list[EngineOptions]:
    """Engines that are loaded for a second checkpoint speak as users do; how each was loaded."""
    loaded: list[EngineOptions] = []

    def load(_: Checkpoint, options: EngineOptions) -> Canned:
        loaded.append(options)
        return Canned(speaks)

    monkeypatch.setattr("kikime.harness.run.dialogue.load_engine", load)
    return loaded


def test_a_second_checkpoint_speaks_for_the_user(tmp_path, beside):
    run = done(tmp_path, lambda _: IN_VOICE, "demo:september")
    assert run.is_complete()
    assert [line["status"] for line in lines(run)] == ["ok"] * (2 * (N_TURNS - 1))
    assert len(beside) == 1


def test_a_second_checkpoint_is_asked_in_its_own_chat_template():
    prepared = planned("demo:september")
    line = prepared.planner.next_turn(next(iter(prepared.spool)), IN_VOICE)
    tokenizer = load_tokenizer(str(prepared.user.path))
    assert tokenizer.decode(line.token_ids).removeprefix(tokenizer.bos_token) in line.prompt
    assert "望み" in line.prompt
    assert not line.messages


def test_which_second_checkpoint_spoke_is_part_of_what_is_compared(tmp_path, beside):
    run = done(tmp_path, speaks, "demo:september")
    manifest, spoken = run.manifest(), planned("demo:september").user
    assert manifest["user"]["checkpoint"]["fingerprint"] == spoken.fingerprint
    assert manifest["hashes"]["sampling"]["--user-model"] == f"checkpoint:{spoken.fingerprint[:12]}"
    [told] = dialogue_report(run, n_resamples=99).tasks
    assert (told.user, told.user_model) == ("model", "september")


def test_a_run_with_a_second_checkpoint_is_resumed_from_any_folder(tmp_path, beside, monkeypatch, august):
    copy = shutil.copytree(august, tmp_path / "user")
    monkeypatch.chdir(tmp_path)
    prepared = planned("./user")
    run = start_run(prepared, tmp_path, "x")
    with suppress(EngineFault):
        execute(run, prepared, engine=Dying(5))
    monkeypatch.chdir("/")
    execute(run, restore(run), engine=Canned(speaks))
    assert run.is_complete()
    (copy / "generation_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="has changed"):
        restore(run)


def test_a_second_checkpoint_is_no_part_of_a_cluster():
    options = EngineOptions(engine="ray", user_model="demo:september")
    with pytest.raises(UsageError, match="--engine ray"):
        prepare(resolve_checkpoint("demo:august"), gather_materials(SUITE), options)


def test_two_checkpoints_share_a_gpu(monkeypatch, beside):
    monkeypatch.setattr("kikime.harness.run.dialogue.on_cpu", lambda: False)
    monkeypatch.setattr("kikime.harness.engines.memory.nvidia_gpus", lambda: ("NVIDIA L4, 24576 MiB",))
    with opened_engine(planned("demo:september")):
        used = [options.gpu_memory_utilization for options in beside]
    assert sum(used) == pytest.approx(0.9, abs=0.01)


def test_runs_with_one_user_share_its_engine(tmp_path, beside):
    with opened_engine(planned("demo:september")) as engine:
        for name in "ab":
            prepared = planned("demo:september")
            execute(start_run(prepared, tmp_path, name), prepared, engine=engine)
    assert len(beside) == 2


@pytest.fixture
def partner() -> Iterator[JudgeServer]:
    """A served user model that asks another thing each time."""
    server = JudgeServer(lambda _, number: Answer(body=completion(f"{number}番目の話をしてくれませんか？")))
    yield server
    server.close()


def served(partner: JudgeServer) -> Prepared:
    return planned(f"openai:player@{partner.url}")


def test_a_served_user_speaks_beside_the_loaded_engine(tmp_path, partner):
    prepared = served(partner)
    run = start_run(prepared, tmp_path, "x")
    execute(run, prepared, engine=Canned(lambda _: IN_VOICE))
    assert run.is_complete()
    assert len(partner.requests) == len(lines(run)) == 2 * (N_TURNS - 1)
    first = partner.requests[0]["messages"]
    assert [message["role"] for message in first] == ["system", "user", "assistant", "user"]
    assert run.manifest()["hashes"]["sampling"]["--user-model"] == "openai:player"


def test_a_user_server_that_fails_keeps_what_is_done_and_the_rest_is_resumed(tmp_path, partner):
    prepared = served(partner)
    run = start_run(prepared, tmp_path, "x")
    good = partner.script
    partner.script = lambda body, number: (
        good(body, number) if number <= 7 else Answer(status=401, body={"error": "key"})
    )
    assert execute(run, prepared, engine=Canned(lambda _: IN_VOICE)).state == "partial"
    kept = [record["key"] for record in _records(run)]
    assert kept
    partner.script = good
    assert execute(run, prepared, engine=Canned(lambda _: IN_VOICE)).state == "complete"
    logged = [record["key"] for record in _records(run)]
    assert len(logged) == len(set(logged)) == 2 * N_TURNS
    assert logged[: len(kept)] == kept


def test_two_runs_that_speak_with_themselves_are_compared_when_asked(tmp_path):
    from kikime.harness.reports.comparison.pairs import load_pair

    runs = []
    for model in ("demo:august", "demo:september"):
        prepared = prepare(resolve_checkpoint(model), gather_materials(SUITE), EngineOptions(user_model="self"))
        runs.append(start_run(prepared, tmp_path, model))
        execute(runs[-1], prepared, engine=Canned(speaks))
    refused, asked = load_pair(*runs), load_pair(*runs, own_users=True)
    assert ([reason.code for reason in refused.why_not], refused.hint.code) == (["sampling_differs"], "hint_own_users")
    assert (asked.why_not, [note.code for note in asked.notes]) == ([], ["own_users"])
    assert len(asked.a) == 2 * N_TURNS
