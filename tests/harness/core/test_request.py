"""What a scored request answers, and what does not fit."""

from __future__ import annotations

import msgspec
import pytest

from kikime.harness.core.request import Candidate, Request, Sampling, chosen_reply, too_long


def request(*candidates: Candidate, n_tokens: int = 3, max_tokens: int = 4) -> Request:
    texts = ("key", "pair_key", "task", "item_id", "persona", "format", "shot_style", "technique", "context")
    blank = dict.fromkeys((*texts, "prompt", "system", "user"), "x")
    numbers = dict.fromkeys(("position", "shots", "example_set", "turn", "repeat", "seed"), 0)
    lists = {name: [] for name in ("messages", "history", "examples", "stop", "stop_token_ids")}
    return Request(
        **blank,
        **numbers,
        **lists,
        expect={},
        token_ids=[1] * n_tokens,
        sampling=Sampling(max_tokens=max_tokens),
        candidates=list(candidates),
    )


LABELS = [Candidate(f"{kind}.{n}", text, [1, 2], 1) for kind in ("label", "free") for n, text in enumerate("甲乙")]


@pytest.mark.parametrize(
    ("logprobs", "text"),
    [([-1.0, -2.0, -9.0, -9.0], "甲"), ([-2.0, -1.0, -9.0, -9.0], "乙"), ([-5.0, -4.0, -0.1, -0.2], "乙")],
)
def test_the_likeliest_label_answers_and_its_prior_never_does(logprobs, text):
    reply = chosen_reply(request(*LABELS), logprobs, 7.0)
    assert (reply.text, reply.logprobs, reply.finish_reason, reply.n_prompt_tokens) == (text, logprobs, "stop", 3)


def test_every_candidate_has_a_log_probability():
    with pytest.raises(ValueError, match="zip"):
        chosen_reply(request(*LABELS), [-1.0], 0.0)


@pytest.mark.parametrize(("n_tokens", "limit", "fits"), [(3, 7, True), (4, 7, False), (0, 1, True), (99, None, True)])
def test_prompt_and_reply_share_the_context(n_tokens, limit, fits):
    assert (too_long(request(n_tokens=n_tokens), limit) is None) == fits


def test_a_request_goes_to_disk_and_back_whole():
    asked = request(*LABELS)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(asked), type=Request) == asked
