"""What a cluster must have, and what is said where it cannot be used."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.engines import EngineOptions, check_options
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.cluster import connection
from kikime.harness.engines.cluster.connection import Cluster, Needs, check_address, import_ray, needs_of_replica
from tests.support.inline_cluster import InlineRay


def options(**given):
    return EngineOptions(engine="ray", **given)


def test_on_processors_each_replica_has_an_equal_share():
    assert needs_of_replica(options(replicas=2), cpus=[8.0], gpus=[0.0]) == Needs(4, 0)


def test_as_many_processors_as_are_asked_for():
    assert needs_of_replica(options(cpus_per_replica=2), cpus=[8.0], gpus=[0.0]) == Needs(2, 0)
    assert needs_of_replica(options(cpus_per_replica=6), cpus=[64.0], gpus=[8.0]) == Needs(6, 1)


def test_on_gpus_each_replica_has_what_an_engine_uses():
    assert needs_of_replica(options(replicas=4), cpus=[64.0], gpus=[8.0]) == Needs(1, 1)
    assert needs_of_replica(options(tensor_parallel_size=2), cpus=[64.0], gpus=[8.0]) == Needs(1, 2)


def test_a_part_of_a_gpu_or_none_can_be_asked_for():
    assert needs_of_replica(options(replicas=2, gpus_per_replica=0.5), cpus=[8.0], gpus=[1.0]) == Needs(1, 0.5)
    assert needs_of_replica(options(replicas=2, gpus_per_replica=0.0), cpus=[8.0], gpus=[1.0]) == Needs(4, 0)


def test_a_cluster_that_is_too_small_is_refused_at_once():
    with pytest.raises(EngineFault, match=r"4 replica\(s\) with 2 GPU\(s\) each find no room: the cluster has 6"):
        needs_of_replica(options(replicas="4:8", tensor_parallel_size=2), cpus=[8.0, 8.0], gpus=[3.0, 3.0])


def test_of_a_cluster_that_may_grow_gpus_can_be_asked_for_that_are_not_there_yet():
    growing = options(address="auto", gpus_per_replica=1.0)
    assert needs_of_replica(growing, cpus=[4.0], gpus=[0.0]) == Needs(1, 1)


@pytest.mark.parametrize("given", ["ray://head:10001", "head", "head:", ":6379", "head:port"])
def test_an_address_is_auto_or_a_host_and_its_port(given):
    with pytest.raises(UsageError, match="neither auto nor HOST:PORT"):
        check_address(given)


@pytest.mark.parametrize("given", [None, "auto", "local", "10.0.0.1:6379", "head.example:6379"])
def test_addresses_that_can_be(given):
    check_address(given)


@pytest.mark.parametrize("given", [{"replicas": 2}, {"address": "auto"}, {"gpus_per_replica": 1.0}])
def test_options_of_a_cluster_are_for_ray_alone(given):
    with pytest.raises(UsageError, match="only for --engine ray"):
        check_options(resolve_checkpoint("demo:august"), EngineOptions(**given))


def test_where_ray_is_missing_the_hint_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineFault, match=r"pip install 'kikime\[ray\]'"):
        import_ray()


def test_an_address_where_nobody_listens_is_said_within_seconds():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(EngineFault, match=f"the Ray cluster 127.0.0.1:{port} cannot be joined"):
        connection._join(None, options(address=f"127.0.0.1:{port}"))


def test_a_cluster_is_started_quietly_and_ends_and_sigterm_stays_ours(monkeypatch):
    ray, ours = InlineRay(), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(connection, "import_ray", lambda: ray)
    monkeypatch.setattr(ray, "init", lambda **given: ray.__setattr__("started_with", given) or spoil())

    def spoil():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    cluster = Cluster(options(replicas=6))
    assert signal.getsignal(signal.SIGTERM) == ours
    assert ray.started_with["address"] == "local"
    assert not ray.started_with["log_to_driver"]
    assert ray.started_with["num_cpus"] >= 6
    cluster.close()
    assert ray.ended


def test_ray_is_imported_by_nobody_who_does_not_ask_for_it():
    line = "import sys, kikime.harness.engines.cluster.engine; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", line], check=False).returncode == 0
