"""Replicas in front of a cluster that answers in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.cluster import connection, engine
from kikime.harness.engines.cluster.engine import RayEngine
from kikime.harness.engines.cluster.places import MOST_LOSSES
from kikime.harness.run.runner import Runner
from tests.support.inline_cluster import InlineRay
from tests.support.served import asked, request

FAST = str(Path(__file__).parents[4] / "tools" / "faults" / "fast_engine.py")
AUGUST = resolve_checkpoint("demo:august")
HUNDRED = [request(number) for number in range(100)]
KEYS = [f"r{number}" for number in range(100)]


@pytest.fixture
def cluster(monkeypatch):
    """Loads an engine on a cluster of a kind; returns both."""

    def load(replicas=2, worker=FAST, **kind):
        ray = InlineRay(**kind)
        monkeypatch.setattr(connection, "import_ray", lambda: ray)
        return ray, RayEngine(AUGUST, EngineOptions(engine="ray", replicas=replicas), worker=worker)

    return load


def steps(ray):
    return [actor.calls.count("step") for actor in ray.actors]


def test_keys_depend_on_what_generates_and_not_on_where():
    assert EngineOptions(engine="ray").generator == EngineOptions().generator == "vllm"


def test_every_request_is_answered_once_and_every_replica_works(cluster):
    ray, replicas = cluster()
    assert [reply.key for reply in asked(replicas, HUNDRED)] == KEYS
    assert min(steps(ray)) > 0
    assert ray.ended


def test_a_lost_replica_is_replaced_and_only_what_it_had_is_asked_again(cluster):
    ray, replicas = cluster()
    replies = []

    def sink(_, reply):
        replies.append(reply)
        if len(replies) == 40:
            ray.actors[0].alive = False

    Runner(replicas, [sink], stored=lambda _: None, next_turn=lambda *_: None, max_model_len=None).run(HUNDRED)
    assert sorted(reply.key for reply in replies) == sorted(KEYS)
    assert {reply.error for reply in replies} == {None}
    assert len(ray.actors) == 3
    assert [(note.code, note.values) for note in replicas.notes] == [("replicas_lost", {"n": 1})]


def test_where_each_replica_is_lost_at_once_the_run_ends_and_can_go_on_later(cluster, monkeypatch):
    ray, replicas = cluster(replicas=1)
    made = engine.RayEngine._started

    def doomed(self, **given):
        replica = made(self, **given)
        replica.actor.alive = False
        return replica

    monkeypatch.setattr(engine.RayEngine, "_started", doomed)
    ray.actors[0].alive = False
    with pytest.raises(EngineFault, match=f"lost {MOST_LOSSES + 1} times in a row: The actor died unexpectedly before"):
        asked(replicas, HUNDRED)


def test_an_engine_that_cannot_load_is_said_in_its_own_words(cluster):
    with pytest.raises(EngineFault, match="no room on the card"):
        cluster(worker=str(Path(__file__).parent / "never_loads.py"))


def test_one_more_replica_is_started_while_there_is_more_work_than_all_can_take(cluster):
    ray, replicas = cluster(replicas="1:3")
    assert len(ray.actors) == 1
    assert [reply.key for reply in asked(replicas, HUNDRED)] == KEYS
    assert len(ray.actors) == 3


def test_no_replica_is_started_for_work_that_one_can_take(cluster):
    ray, replicas = cluster(replicas="1:3")
    asked(replicas, HUNDRED[:10])
    assert len(ray.actors) == 1


def test_a_replica_that_has_no_work_left_makes_room_for_others(cluster, monkeypatch):
    monkeypatch.setattr(engine, "_IDLE_SECONDS", 0.0)
    ray, replicas = cluster("1:3")
    alive = []

    def sink(*_):
        alive.append(sum(actor.alive for actor in ray.actors))

    Runner(replicas, [sink], stored=lambda _: None, next_turn=lambda *_: None, max_model_len=None).run(HUNDRED)
    assert (max(alive), alive[-1]) == (3, 1)
    replicas.close()


def test_the_least_number_of_replicas_stays(cluster, monkeypatch):
    monkeypatch.setattr(engine, "_IDLE_SECONDS", 0.0)
    ray, replicas = cluster(2)
    replicas.finished()
    assert [actor.alive for actor in ray.actors] == [True, True]
    replicas.close()


def test_a_cluster_without_room_for_more_does_with_what_it_has(cluster):
    ray, replicas = cluster(replicas="1:3", rooms=1)
    assert [reply.key for reply in asked(replicas, HUNDRED)] == KEYS
    assert len(ray.actors) == 2


def test_an_adapter_reaches_every_replica_before_what_is_asked_of_it(cluster):
    ray, replicas = cluster()
    replicas.use_adapter("ojou", Path("adapter"))
    asked(replicas, HUNDRED)
    assert [[call for call in actor.calls if call != "step"][-1] for actor in ray.actors] == ["use_adapter"] * 2


def test_the_engine_of_a_replica_is_described_and_the_cluster_beside_it(cluster):
    _, replicas = cluster(cpus=8)
    said = replicas.describe()
    assert said["engine"] == "fast"
    assert said["ray"] == {
        "version": "inline",
        "address": None,
        "replicas": "2",
        "cpus_per_replica": 4.0,
        "gpus_per_replica": 0.0,
    }


def test_another_version_of_kikime_on_the_cluster_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(engine, "__version__", "9.9")
    with pytest.raises(EngineFault, match=r"the cluster has kikime \S+, this machine 9\.9"):
        cluster()


def test_what_has_finished_can_be_asked_for_without_waiting(cluster):
    _, replicas = cluster()
    assert replicas.finished() == []
