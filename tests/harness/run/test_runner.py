"""The loop itself, against an engine that answers from a table; the real engines have tests of their own."""

import msgspec
import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.core.request import Reply, Request, Sampling, too_long
from kikime.harness.run.runner import Runner


def request(number: int, turn: int = 0, n_tokens: int = 4) -> Request:
    blank = dict.fromkeys(("task", "persona", "format", "shot_style", "technique", "context", "prompt", "system"), "")
    return Request(
        key=f"{number}.{turn}",
        pair_key=f"{number}.{turn}",
        position=number,
        item_id=str(number),
        shots=0,
        example_set=0,
        turn=turn,
        repeat=0,
        seed=0,
        token_ids=[1] * n_tokens,
        messages=[],
        user="",
        history=[],
        examples=[],
        expect={},
        stop=[],
        stop_token_ids=[],
        sampling=Sampling(max_tokens=6),
        **blank,
    )


class Echo:
    """Answers each request with its key, newest first, at most ``window`` at a time."""

    window = 3

    def __init__(self, dies_after: int | None = None) -> None:
        self.waiting: list[Request] = []
        self.most = 0
        self.left = dies_after

    @property
    def pending(self) -> int:
        return len(self.waiting)

    def submit(self, asked: Request) -> None:
        self.waiting.append(asked)
        self.most = max(self.most, len(self.waiting))

    def poll(self) -> list[Reply]:
        if self.left == 0:
            raise EngineFault("the engine died")
        self.left = None if self.left is None else self.left - 1
        done = self.waiting.pop()
        return [Reply(key=done.key, text=done.key, finish_reason="stop")]


def run(engine, requests, *, stored=lambda _: None, next_turn=lambda *_: None, max_model_len=None):
    seen: list[tuple[Request, Reply]] = []
    runner = Runner(
        engine, [lambda q, r: seen.append((q, r))], stored=stored, next_turn=next_turn, max_model_len=max_model_len
    )
    error = None
    try:
        runner.run(iter(requests))
    except EngineFault as fault:
        error = fault
    return seen, error


def test_every_request_reaches_the_sinks_once():
    seen, _ = run(Echo(), [request(n) for n in range(10)])
    assert sorted(reply.key for _, reply in seen) == sorted(f"{n}.0" for n in range(10))
    assert all(asked.key == reply.key for asked, reply in seen)


def test_no_more_than_the_window_is_in_flight():
    engine = Echo()
    run(engine, [request(n) for n in range(10)])
    assert engine.most == engine.window


def test_stored_replies_are_not_asked_again():
    done = {"0.0": Reply(key="0.0", text="", finish_reason="stop")}
    seen, _ = run(Echo(), [request(0), request(1)], stored=done.get)
    assert [reply.key for _, reply in seen] == ["1.0"]


def follow(asked: Request, text: str) -> Request | None:
    return msgspec.structs.replace(request(asked.position, asked.turn + 1), user=text) if asked.turn < 2 else None


def test_a_scripted_dialogue_goes_turn_by_turn():
    seen, _ = run(Echo(), [request(0), request(1)], next_turn=follow)
    assert sorted(asked.key for asked, _ in seen) == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"]
    assert {asked.key: asked.user for asked, _ in seen}["1.2"] == "1.1"


def test_a_dialogue_goes_on_in_the_middle():
    done = {"0.0": Reply(key="0.0", text="early", finish_reason="stop")}
    seen, _ = run(Echo(), [request(0)], stored=done.get, next_turn=follow)
    assert [(asked.key, asked.user) for asked, _ in seen] == [("0.1", "early"), ("0.2", "0.1")]


def test_a_prompt_that_is_too_long_becomes_an_error_row_and_the_rest_goes_on():
    seen, error = run(Echo(), [request(0, n_tokens=50), request(1)], max_model_len=20)
    assert error is None
    assert {reply.key: reply.finish_reason for _, reply in seen} == {"0.0": "error", "1.0": "stop"}


def test_what_finished_before_the_engine_died_is_kept():
    seen, error = run(Echo(dies_after=2), [request(n) for n in range(5)])
    assert error is not None
    assert len(seen) == 2


@pytest.mark.parametrize(("n_tokens", "fits"), [(14, True), (15, False)])
def test_prompt_and_reply_must_fit_together(n_tokens, fits):
    assert (too_long(request(0, n_tokens=n_tokens), 20) is None) is fits
