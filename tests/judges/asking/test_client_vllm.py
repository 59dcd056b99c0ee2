"""A local judge: vLLM's own server with a bundled checkpoint under guided decoding. Its scores mean nothing; the wire is real."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kikime.harness.cards.persona import Persona
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.session import judge_settings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import Rubric, load_rubric

pytestmark = pytest.mark.engine
# The bundled checkpoints are made for short dialogues; weights do not depend on the context length.
LONGER = '{"max_position_embeddings": 8192}'
GUIDED = '{"disable_any_whitespace": true, "backend": "xgrammar"}'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def vllm_judge(august: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, log = free_port(), tmp_path_factory.mktemp("judge") / "log.txt"
    arguments = ["serve", str(august), "--served-model-name", "local-judge", "--port", str(port), "--host", "127.0.0.1"]
    arguments += ["--enforce-eager", "--max-num-batched-tokens", "8192", "--max-model-len", "8192"]
    arguments += ["--hf-overrides", LONGER, "--structured-outputs-config", GUIDED, "--generation-config", "vllm"]
    quiet = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    environment = {**os.environ, **quiet, "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
    with log.open("w") as stream:
        program = Path(sys.executable).with_name("vllm")
        process = subprocess.Popen([program, *arguments], env=environment, stdout=stream, stderr=stream)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/v1/models", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(60)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1800):
        assert process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])


def subjects(persona: Persona, n: int = 3) -> list[Subject]:
    return [Subject(str(i), persona, f"質問{i}", f"元気ですわ{i}") for i in range(n)]


def test_guided_decoding_gives_readable_verdicts(vllm_judge: str, server: object, persona: Persona) -> None:
    settings = judge_settings("local-judge", vllm_judge, timeout=300, concurrency=3)
    judged = judge_subjects(subjects(persona), [load_rubric("character_v1")], settings)
    # An untrained judge quotes what it likes, so its verdicts are ungrounded; but the schema is kept.
    assert {line.status for line in judged.lines} <= {"ok", "ungrounded", "truncated"}
    scored = [line for line in judged.lines if line.score is not None]
    assert scored
    assert all(type(line.score) is int and 1 <= line.score <= 7 for line in scored)
    assert judged.lines[0].n_in > 1000
    assert judged.lines[0].cost_usd is None
    assert judged.outcome.stop is None


def test_token_probabilities_are_read(vllm_judge: str, server: object, persona: Persona) -> None:
    rubric: Rubric = load_rubric("values")
    settings = judge_settings("local-judge", vllm_judge, protocol="dist", timeout=300)
    judged = judge_subjects(subjects(persona, 1), [rubric], settings)
    # Whether such a model puts its mass on digits is luck; that it was asked and read is not.
    assert judged.lines[0].status in {"ok", "invalid"}
    assert judged.lines[0].error != "the answer has no logprobs"


def test_a_model_that_the_server_does_not_have_stops_the_job(vllm_judge: str, server: object, persona: Persona) -> None:
    judged = judge_subjects(subjects(persona), [load_rubric("values")], judge_settings("nobody", vllm_judge))
    assert judged.outcome.stop is not None
    assert "does not have that model" in judged.outcome.stop.message
