"""One model at several servers, over real HTTP, with servers that die and come back."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.request import Reply
from kikime.harness.engines import EngineOptions, balanced, load_engine
from kikime.harness.engines.balanced import BalancedEngine
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.run.runner import Runner
from tests.support.judge_server import JudgeServer, api_error
from tests.support.mortal_server import MortalServer
from tests.support.served import request

Start = Callable[..., MortalServer]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[MortalServer] = []

    def start(delay: float = 0.02) -> MortalServer:
        started.append(MortalServer(free_port(), delay).start())
        return started[-1]

    yield start
    for server in started:
        server.kill()


def engine_at(*urls: str) -> BalancedEngine:
    engine = load_engine(
        resolve_checkpoint(f"openai:player@{','.join(urls)}"), EngineOptions(engine="openai", concurrency=4)
    )
    assert isinstance(engine, BalancedEngine)
    return engine


def asked(engine: BalancedEngine, n: int, on_reply: Callable[[int], None] = lambda _: None) -> list[Reply]:
    """The replies in the order in which they came; ``on_reply`` hears how many there are."""
    replies: list[Reply] = []

    def sink(_: object, reply: Reply) -> None:
        replies.append(reply)
        on_reply(len(replies))

    runner = Runner(engine, [sink], stored=lambda _: None, next_turn=lambda *_: None, max_model_len=None)
    try:
        runner.run(request(number) for number in range(n))
    finally:
        engine.close()
    return replies


def ports(replies: list[Reply]) -> Counter[str]:
    return Counter(reply.text.split()[0] for reply in replies)


def assert_whole(replies: list[Reply], n: int) -> None:
    """Every question is answered, once, and by its own answer."""
    assert {reply.key: (reply.text.split()[-1], reply.error) for reply in replies} == {
        f"r{number}": (f"質問{number}", None) for number in range(n)
    }
    assert len(replies) == n


def test_the_server_with_less_in_flight_gets_the_next_request(start: Start) -> None:
    quick, slow = start(0.01), start(0.3)
    replies = asked(engine_at(quick.url, slow.url), 60)
    assert_whole(replies, 60)
    by = ports(replies)
    assert by[str(quick.port)] > 3 * by[str(slow.port)] > 0


def test_a_server_killed_in_the_middle_loses_no_reply(start: Start) -> None:
    stays, dies = start(), start()
    engine = engine_at(stays.url, dies.url)
    replies = asked(engine, 80, lambda n: dies.kill() if n == 20 else None)
    assert_whole(replies, 80)
    assert [(note.code, note.values["url"]) for note in engine.notes] == [("server_went_away", dies.url)]


def test_a_server_that_comes_back_is_used_again(start: Start) -> None:
    stays, returns = start(), start()
    back = threading.Event()

    def revive() -> None:
        time.sleep(0.5)
        returns.start()
        back.set()

    def on_reply(n: int) -> None:
        if n == 20:
            returns.kill()
            threading.Thread(target=revive).start()

    replies = asked(engine_at(stays.url, returns.url), 600, on_reply)
    assert back.is_set()
    assert_whole(replies, 600)
    assert ports(replies[-50:])[str(returns.port)] > 10


def test_all_gone_and_one_back_only_costs_time(start: Start) -> None:
    first, second = start(), start()

    def on_reply(n: int) -> None:
        if n == 15:
            first.kill()
            second.kill()
            threading.Timer(0.5, first.start).start()

    replies = asked(engine_at(first.url, second.url), 40, on_reply)
    assert_whole(replies, 40)


def test_all_gone_for_good_ends_the_run_with_what_there_is(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balanced, "_PATIENCE", 0.5)
    first, second = start(), start()
    engine = engine_at(first.url, second.url)
    seen: list[int] = []

    def on_reply(n: int) -> None:
        seen.append(n)
        if n == 15:
            first.kill()
            second.kill()

    with pytest.raises(EngineFault, match=r"127\.0\.0\.1"):
        asked(engine, 60, on_reply)
    assert 15 <= len(seen) < 60


def test_a_server_that_is_not_there_yet_is_left_out_and_said(start: Start) -> None:
    there, nowhere = start(), f"http://127.0.0.1:{free_port()}/v1"
    engine = engine_at(there.url, nowhere)
    assert_whole(asked(engine, 10), 10)
    assert [(note.code, note.values["url"]) for note in engine.notes] == [("server_never_there", nowhere)]


def test_nobody_there_is_an_error_at_once() -> None:
    urls = [f"http://127.0.0.1:{free_port()}/v1" for _ in range(2)]
    with pytest.raises(EngineFault, match="refused"):
        engine_at(*urls)


def test_a_server_without_the_model_is_an_error_at_once(start: Start, server: JudgeServer) -> None:
    server.models = ["another"]
    with pytest.raises(EngineFault, match="no model 'player'"):
        engine_at(start().url, server.url)


def test_a_request_that_one_server_refuses_is_its_own_error(server: JudgeServer, start: Start) -> None:
    server.script = lambda *_: api_error(400, "the prompt is too long")
    replies = asked(engine_at(server.url, start(0.05).url), 12)
    assert {reply.error for reply in replies} == {None, "400: the prompt is too long"}


def test_servers_that_refuse_everything_end_the_run(server: JudgeServer) -> None:
    server.script = lambda *_: api_error(403, "not for you")
    other = JudgeServer(server.script)
    with pytest.raises(EngineFault, match="not for you"):
        asked(engine_at(server.url, other.url), 12)
    other.close()


def test_addresses_stand_with_commas_between() -> None:
    checkpoint = resolve_checkpoint("openai:m@http://a:1/v1?x=1,2,https://b/v1")
    assert checkpoint.addresses == ["http://a:1/v1?x=1,2", "https://b/v1"]
    assert checkpoint.base_url == "http://a:1/v1?x=1,2,https://b/v1"


def test_an_address_without_its_scheme_is_refused() -> None:
    with pytest.raises(UsageError, match="is not openai:NAME@BASE_URL"):
        resolve_checkpoint("openai:m@http://a:1/v1,b:2/v1")


def test_plan_run_and_manifest_name_all_servers(kikime, tmp_path, start: Start) -> None:
    model = f"openai:player@{start().url},{start().url}"
    planned = kikime("plan", model, "--suite", "smoke", "--limit", "1", "--format", "native", "--json")
    assert planned.returncode == 0, planned.stderr
    assert model.removeprefix("openai:player@") in planned.stdout
    done = kikime("run", model, "--suite", "smoke", "--limit", "1", "--format", "native")
    assert done.returncode == 0, done.stderr
    [manifest] = tmp_path.glob("runs/*/manifest.json")
    assert model in manifest.read_text()
    [status] = tmp_path.glob("runs/*/status.json")
    assert all(f'"{url}"' in status.read_text() for url in resolve_checkpoint(model).addresses)
