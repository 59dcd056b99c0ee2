"""The real engine on a bundled checkpoint: one load for all tests of this file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.core.request import Candidate, Reply, Request, Sampling
from kikime.harness.engines import EngineOptions, load_engine
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.vllm import VllmEngine
from kikime.harness.plan.planner import Identity, Planner
from kikime.harness.prompts import load_tokenizer
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def requests(august) -> list[Request]:
    suite = Suite.model_validate(
        {"id": "x", "tasks": ["daily"], "personas": ["ojousama"], "formats": ["native"], "limit": 8},
        context={"folder": Path()},
    )
    planner = Planner(gather_materials(suite), load_tokenizer(str(august)), Identity("m", "vllm/auto"))
    return list(planner.requests())


@pytest.fixture(scope="module")
def engine(august) -> Iterator[VllmEngine]:
    loaded = VllmEngine(resolve_checkpoint(str(august)), EngineOptions())
    yield loaded
    loaded.close()


def generate(engine: VllmEngine, asked: list[Request]) -> dict[str, Reply]:
    for request in asked:
        engine.submit(request)
    replies: dict[str, Reply] = {}
    while len(replies) < len(asked):
        replies |= {reply.key: reply for reply in engine.poll()}
    return replies


def test_batches_are_as_large_as_those_of_vllms_offline_class(engine, august):
    from vllm import EngineArgs
    from vllm.usage.usage_lib import UsageContext

    arguments = EngineArgs(model=str(august), enforce_eager=True, enable_chunked_prefill=False)
    offline = arguments.create_engine_config(UsageContext.LLM_CLASS).scheduler_config
    assert engine.describe()["max_num_seqs"] == offline.max_num_seqs


def test_every_request_gets_a_reply_with_its_counts(engine, requests):
    replies = generate(engine, requests)
    assert set(replies) == {request.key for request in requests}
    for request in requests:
        reply = replies[request.key]
        assert reply.n_prompt_tokens == len(request.token_ids)
        assert 0 < reply.n_output_tokens <= request.sampling.max_tokens
        assert reply.latency_ms > 0


def test_the_checkpoint_stops_by_itself_in_its_native_format(engine, requests):
    replies = generate(engine, requests).values()
    assert sum(reply.finish_reason == "stop" for reply in replies) >= len(requests) - 1


def test_greedy_replies_do_not_change(engine, requests):
    first, second = generate(engine, requests), generate(engine, list(reversed(requests)))
    assert {key: reply.text for key, reply in first.items()} == {key: reply.text for key, reply in second.items()}


def test_replies_come_as_they_finish(engine, requests):
    short = msgspec.structs.replace(requests[0], key="short", sampling=Sampling(max_tokens=1))
    long = msgspec.structs.replace(requests[1], key="long", stop_token_ids=[], sampling=Sampling(max_tokens=24))
    engine.submit(long)
    engine.submit(short)
    order: list[str] = []
    while len(order) < 2:
        order += [reply.key for reply in engine.poll()]
    assert order == ["short", "long"]


def test_a_seeded_sample_repeats_alone_and_in_a_batch(engine, requests):
    warm = Sampling(max_tokens=16, temperature=1.0, seed=7)
    sampled = [msgspec.structs.replace(r, sampling=warm) for r in requests]
    alone = generate(engine, sampled[:1])
    assert generate(engine, sampled)[sampled[0].key].text == alone[sampled[0].key].text


def test_a_stop_string_ends_the_reply_and_is_told(engine, requests):
    whole = generate(engine, requests[:1])[requests[0].key].text
    cut = msgspec.structs.replace(requests[0], key="cut", stop=[whole[2:4]])
    reply = generate(engine, [cut])["cut"]
    assert (reply.text, reply.stop_reason) == (whole[:2], whole[2:4])


def test_candidates_get_their_log_probability(engine, requests, august):
    asked = requests[0]
    whole = generate(engine, [asked])[asked.key]
    prompt = asked.token_ids
    likely = prompt + load_tokenizer(str(august)).encode(whole.text, add_special_tokens=False)[:3]
    scored = msgspec.structs.replace(
        asked,
        key="scored",
        candidates=[
            Candidate("label.0", "own", likely, len(prompt)),
            Candidate("label.1", "other", prompt + likely[len(prompt) :][::-1], len(prompt)),
        ],
    )
    reply = generate(engine, [scored])["scored"]
    assert reply.text == "own"
    assert reply.logprobs is not None
    assert 0 > reply.logprobs[0] > reply.logprobs[1]


def test_the_engine_describes_itself(engine):
    description = engine.describe()
    assert description["engine"] == "vllm"
    assert description["dtype"] in {"bfloat16", "float16", "float32"}
    assert "model" not in description["arguments"]


def test_too_little_memory_says_what_to_lower(august):
    longest = 1_000_000
    options = EngineOptions(max_model_len=longest, engine_args={"hf_overrides": {"max_position_embeddings": longest}})
    with pytest.raises(EngineFault, match="vLLM cannot load") as caught:
        load_engine(resolve_checkpoint(str(august)), options)
    assert "--max-model-len" in str(caught.value)


def test_weights_that_do_not_fit_the_configuration_are_one_clear_error(august, tmp_path):
    copy = Path(shutil.copytree(august, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    (copy / "config.json").write_text(json.dumps({**config, "vocab_size": config["vocab_size"] + 64}), encoding="utf-8")
    with pytest.raises(EngineFault, match="vLLM cannot load"):
        load_engine(resolve_checkpoint(str(copy)), EngineOptions())
