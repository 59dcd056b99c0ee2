"""A Ray cluster: joined, or started on this machine for as long as the engine is loaded."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.reasons import system_reason
from kikime.harness.engines.cluster.places import equal_share, replica_range, room_for
from kikime.harness.engines.options import EngineOptions

_SECONDS_TO_REACH = 5.0
_OBJECT_STORE_BYTES = 256 * 2**20
"""Of a cluster that is started here: requests and replies are small."""
_WORDS = ("auto", "local")
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",  # the replicas are the work, not something in its background
}


class Needs(NamedTuple):
    """What one replica reserves."""

    num_cpus: float
    num_gpus: float


class Cluster:
    """The cluster that an engine uses; what was started for it ends with it."""

    def __init__(self, options: EngineOptions) -> None:
        """Join the cluster that ``options`` name, or start one on this machine.

        Raises:
            EngineFault: Ray is not installed, or the cluster cannot be joined or is too small.
        """
        self.ray = import_ray()
        self._options = options
        self._joined = not self.ray.is_initialized()
        if self._joined:
            with _signals_kept():
                _join(self.ray, options)
        try:
            self.needs = self._needs()
        except BaseException:
            self.close()
            raise

    def _needs(self) -> Needs:
        machines = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        return needs_of_replica(
            self._options,
            cpus=[machine.get("CPU", 0.0) for machine in machines],
            gpus=[machine.get("GPU", 0.0) for machine in machines],
        )

    def describe(self) -> dict[str, object]:
        """Its version, where it is, and what each replica reserves."""
        return {
            "version": self.ray.__version__,
            "address": self._options.address,
            "replicas": str(self._options.replicas),
            "cpus_per_replica": self.needs.num_cpus,
            "gpus_per_replica": self.needs.num_gpus,
        }

    def close(self) -> None:
        """Leave it; one that was started here ends."""
        if self._joined:
            self.ray.shutdown()


def import_ray() -> Any:
    """Ray, without its usage statistics.

    Raises:
        EngineFault: it is not installed, or broken.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise EngineFault("Ray cannot be imported: {reason}", hint="pip install 'kikime[ray]'", reason=error) from error
    return ray


def needs_of_replica(options: EngineOptions, *, cpus: list[float], gpus: list[float]) -> Needs:
    """What each replica reserves of a cluster whose machines have so many processors and GPUs.

    GPUs: as the options say, else what one engine uses, where there are any. Processors: as the options say, else an equal
    share where a replica computes on them, or one.

    Raises:
        EngineFault: the smallest number of replicas finds no room.
    """
    least, most = replica_range(options.replicas)
    asked = options.gpus_per_replica
    each = asked if asked is not None else float(options.tensor_parallel_size if any(gpus) else 0)
    grows = options.joins and asked is not None  # a cluster that scales by itself adds machines when asked
    if each and not grows and room_for(each, gpus) < least:
        raise EngineFault(
            "{n} replica(s) with {each:g} GPU(s) each find no room: the cluster has {there:g}",
            hint="give fewer --replicas, or another --gpus-per-replica (0: on the CPU)",
            n=least,
            each=each,
            there=sum(gpus),
        )
    share = 1 if each else equal_share(most, cpus)
    return Needs(float(options.cpus_per_replica or share), each)


def check_address(address: str | None) -> None:
    """Refuse what cannot be the address of a cluster.

    Raises:
        UsageError: neither ``auto`` nor HOST:PORT.
    """
    if address is None or address in _WORDS:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in address:
        raise UsageError(
            "--address {address}: neither auto nor HOST:PORT",
            hint="ray start --head prints it; run kikime on a machine of the cluster",
            address=address,
        )


def _join(ray: Any, options: EngineOptions) -> None:
    address = str(options.address) if options.joins else "local"
    if not options.joins:
        _, most = replica_range(options.replicas)
        own = {
            "num_cpus": max(os.cpu_count() or 1, most * (options.cpus_per_replica or 1)),
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    else:
        own = {}
    try:
        _reach(address)
        ray.init(address=address, log_to_driver=False, logging_level="error", **own)
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineFault(
            "the Ray cluster {address} cannot be joined: {reason}",
            hint="is it running (ray status)? Without --address one is started on this machine",
            address=address,
            reason=_reason(error),
        ) from error


def _reason(error: Exception) -> str:
    said = system_reason(error) if isinstance(error, OSError) else str(error)
    return (said.strip().splitlines() or [type(error).__name__])[0]


def _reach(address: str) -> None:
    """Connect once: Ray itself tries for minutes where nobody listens."""
    if address not in _WORDS:
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), timeout=_SECONDS_TO_REACH).close()


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep the handler of SIGTERM, which Ray replaces."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
