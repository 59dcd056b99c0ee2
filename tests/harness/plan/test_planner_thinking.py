"""Reasoning models from plan to reply: what the template gets, what is thinking, and the two budgets."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import Checkpoint, resolve_checkpoint
from kikime.harness.plan.notes import plan_notes, run_notes
from kikime.harness.plan.prepare import Prepared, comparability, prepare
from kikime.harness.run.execute import restore, start_run
from tests.support.builders import make_materials

ROLES = "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}"
ENDS = {
    "switch": "{{ '<|assistant|>' }}{% if not enable_thinking | default(true) %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}",
    "opening": "{{ '<|assistant|><think>\\n' }}",
    "own": "{{ '<|assistant|>' }}{# #}{% if false %}{{ messages[0].content.split('</musing>')[-1] }}{% endif %}",
    "harmony": "{{ '<|start|>assistant' }}{# <|channel|>analysis … <|return|> #}",
    "plain": "{{ '<|assistant|>' }}",
}


@pytest.fixture
def thinker(tmp_path: Path, august: Path) -> Any:
    """A checkpoint whose template ends as named."""

    def make(end: str) -> Checkpoint:
        folder = tmp_path / end
        shutil.copytree(august, folder)
        template = "{{ bos_token }}" + ROLES + "{% if add_generation_prompt %}" + ENDS[end] + "{% endif %}"
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
        return resolve_checkpoint(str(folder))

    return make


def planned(checkpoint: Checkpoint, **options: Any) -> tuple[Prepared, list[Request]]:
    prepared = prepare(checkpoint, make_materials(formats=("native",)), EngineOptions(**options))
    return prepared, list(prepared.spool)


def codes(prepared: Prepared) -> set[str]:
    return {note.code for note in plan_notes(prepared)}


def spoken(prepared: Prepared, request: Request, text: str, **fields: Any) -> Reply:
    return prepared.planner.spoken(request, Reply(key=request.key, text=text, finish_reason="stop", **fields))


def test_template_arguments_reach_the_prompt_and_its_key(thinker: Any) -> None:
    checkpoint = thinker("switch")
    (_, thinking), (_, silent) = planned(checkpoint), planned(checkpoint, template_args={"enable_thinking": False})
    assert silent[0].prompt == thinking[0].prompt + "<think>\n\n</think>\n\n"
    assert not {request.key for request in thinking} & {request.key for request in silent}
    assert [request.pair_key for request in thinking] == [request.pair_key for request in silent]


def test_a_plan_says_that_the_checkpoint_thinks_unless_it_is_kept_from_it_or_has_room(thinker: Any) -> None:
    checkpoint = thinker("switch")
    assert "thinks" in codes(planned(checkpoint)[0])
    assert "thinks" in codes(planned(thinker("opening"))[0])
    assert "thinks" not in codes(planned(thinker("plain"))[0])
    assert codes(planned(checkpoint, template_args={"enable_thinking": False})[0]) >= {"template_args"}
    assert "thinks" not in codes(planned(checkpoint, template_args={"enable_thinking": False})[0])
    roomy = codes(planned(checkpoint, reasoning_tokens=500)[0])
    assert "thinks" not in roomy
    assert "reasoning_budget" in roomy


def test_an_argument_that_no_template_reads_is_said(thinker: Any) -> None:
    prepared, _ = planned(thinker("plain"), template_args={"enable_thinking": False})
    [note] = [note for note in plan_notes(prepared) if note.code == "template_args_unused"]
    assert note.values == {"names": "enable_thinking"}


def test_a_reply_that_the_prompt_put_inside_the_thinking_is_read_so(thinker: Any) -> None:
    prepared, [request, *_] = planned(thinker("opening"))
    whole = spoken(prepared, request, "返す。</think>\n\nごきげんよう。")
    assert (whole.text, whole.reasoning) == ("ごきげんよう。", "返す。")
    lost = spoken(prepared, request, "返す。まず")
    assert (lost.text, lost.reasoning) == ("", "返す。まず")


def test_a_tag_of_the_templates_own_is_known(thinker: Any) -> None:
    prepared, [request, *_] = planned(thinker("own"))
    assert spoken(prepared, request, "<musing>ふむ</musing>はい。").text == "はい。"


def test_a_channel_that_ends_does_not_end_the_reply(thinker: Any) -> None:
    prepared, [request, *_] = planned(thinker("harmony"))
    assert request.stop == ["<|return|>"]
    raw = "<|channel|>analysis<|message|>返す。<|end|><|start|>assistant<|channel|>final<|message|>はい。"
    assert spoken(prepared, request, raw).text == "はい。"


def test_what_a_server_told_apart_is_kept_with_what_stands_in_the_text(thinker: Any) -> None:
    prepared, [request, *_] = planned(thinker("plain"))
    found = spoken(prepared, request, "<think>二</think>はい。", reasoning="一")
    assert (found.text, found.reasoning) == ("はい。", "一\n二")
    hidden = spoken(prepared, request, "はい。", n_reasoning_tokens=40)
    assert (hidden.reasoning, hidden.n_reasoning_tokens) == (None, 40)
    assert spoken(prepared, request, "はい。").n_reasoning_tokens is None


def test_tokens_of_thinking_are_counted(thinker: Any) -> None:
    prepared, [request, *_] = planned(thinker("plain"))
    found = spoken(prepared, request, "<think>薔薇の話をする。</think>はい。")
    tokenizer = prepared.planner.tokenizer
    assert found.n_reasoning_tokens == len(tokenizer("薔薇の話をする。", add_special_tokens=False).input_ids)


def test_a_budget_for_thinking_stands_beside_the_replys_own(thinker: Any) -> None:
    checkpoint = thinker("plain")
    (_, [plain, *_]), (roomy, [request, *_]) = planned(checkpoint), planned(checkpoint, reasoning_tokens=300)
    assert request.sampling.max_tokens == plain.sampling.max_tokens
    assert request.sampling.most_tokens == plain.sampling.max_tokens + 300
    assert plain.key != request.key
    long = spoken(roomy, request, "<think>一</think>" + "薔薇が咲きましたわ。" * 200)
    assert long.finish_reason == "length"
    assert 0 < len(long.text) < 2000
    assert spoken(roomy, request, "<think>一</think>はい。").finish_reason == "stop"


def test_both_are_stored_compared_and_restored(thinker: Any, tmp_path: Path) -> None:
    prepared, _ = planned(thinker("switch"), template_args={"enable_thinking": False}, reasoning_tokens=64)
    run = start_run(prepared, tmp_path / "runs")
    manifest = run.manifest()
    assert manifest["options"]["template_args"] == {"enable_thinking": False}
    assert {"reasoning_tokens": 64, "--template-arg enable_thinking": False}.items() <= manifest["hashes"][
        "sampling"
    ].items()
    assert {"template_args", "reasoning_budget"} <= {note.code for note in run_notes(manifest)}
    assert restore(run).plan_hash == prepared.plan_hash


def test_without_them_nothing_of_a_runs_identity_changes(thinker: Any) -> None:
    prepared, [request, *_] = planned(thinker("plain"))
    hashes: Any = comparability(prepared.materials, prepared.options)["hashes"]
    assert set(hashes["sampling"]) == {"temperature", "top_p", "top_k", "repetition_penalty", "seed"}
    assert "reasoning_tokens" not in request.sampling.identity
