"""The queue in front of replicas on a Ray cluster.

Actors and ``ray.wait`` rather than Ray Data: its blocks hand replies over a block at a time, a block is what a lost worker
repeats, and a dialogue's next turn cannot join a data set that is already under way. Here each replica is kept full like an
engine in this process, every reply comes back as it finishes, and only what a lost replica had not finished is asked again.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kikime.harness import __version__
from kikime.harness.core.errors import EngineFault, KikimeError
from kikime.harness.core.reasons import Reason
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.cluster.connection import Cluster
from kikime.harness.engines.cluster.places import MOST_LOSSES, Asked, Place, replica_range, share_out
from kikime.harness.engines.cluster.worker import Died, Loaded, Step, Worker
from kikime.harness.engines.options import EngineOptions

_POLL_SECONDS = 1.0
_CALLS_AHEAD = 2
"""Steps that a replica is given at a time, so that it works on while the replies of the first are stored."""
_IDLE_SECONDS = 10.0
"""So long a replica beyond the least number may have no work before it is let go."""
_PATIENCE = 600.0
"""Seconds for a cluster to find room for the first replica."""


@dataclass
class _Replica(Place):
    """An actor, and the calls that it has not answered, oldest first."""

    actor: Any = None
    calls: deque[Any] = field(default_factory=deque)
    idle_since: float | None = None


class RayEngine:
    """Replicas of one checkpoint; replies come in whatever order they finish."""

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions, *, worker: str = "vllm") -> None:
        """Join the cluster, or start one on this machine, and load the replicas; the first that is ready begins.

        ``worker``: the engine in each replica.

        Raises:
            EngineFault: Ray is not installed, the cluster cannot be joined or is too small, or no replica can load.
            UsageError: the engine in the replicas cannot use an option.
        """
        started = time.monotonic()
        own = msgspec.structs.replace(
            options, engine=worker, replicas=1, address=None, gpus_per_replica=None, cpus_per_replica=None
        )
        self._arguments = (checkpoint, own)
        self._least, self._most = replica_range(options.replicas)
        self._waiting: deque[Asked] = deque()
        self._adapter: tuple[str, str] | None = None
        self._n_lost = 0
        self._described: dict[str, object] = {}
        self._replicas: list[_Replica] = []
        self._cluster = Cluster(options)
        self._ray = self._cluster.ray
        try:
            self._replicas = [self._started() for _ in range(self._least)]
            while not self._described:
                self._advance(_POLL_SECONDS)
                self._check_room(started)
        except BaseException:
            self.close()
            raise

    def _started(self, *, losses: int = 0) -> _Replica:
        kind = self._ray.remote(**self._cluster.needs._asdict())(Worker)
        actor = kind.remote(*self._arguments)
        calls = deque([actor.arrive.remote(), actor.load.remote(self._adapter)])
        return _Replica(actor=actor, calls=calls, losses=losses)

    def _check_room(self, started: float) -> None:
        if not any(replica.arrived for replica in self._replicas) and time.monotonic() - started > _PATIENCE:
            raise EngineFault(
                "the Ray cluster has found no room for a replica within {n:.0f} minutes",
                hint="ray status shows what is free; --gpus-per-replica 0 computes on the CPU",
                n=_PATIENCE / 60,
            )

    @property
    def window(self) -> int:
        """What the replicas can take, those that still load included, and one more where there may be one more."""
        largest = max((replica.window for replica in self._replicas), default=0)
        return max(1, largest) * min(self._most, len(self._replicas) + 1)

    def submit(self, request: Request) -> None:
        """Queue one request."""
        self._waiting.append(Asked(request, 0))

    def poll(self) -> list[Reply]:
        """Give each replica what it has room for, then wait up to a second for replies.

        Raises:
            EngineFault: every replica was lost again and again, or an engine refused a request.
        """
        self._hand_out()
        return self._advance(_POLL_SECONDS)

    def finished(self) -> list[Reply]:
        """The replies that are there now."""
        self._hand_out()
        return self._advance(0)

    def _hand_out(self) -> None:
        share_out(self._waiting, self._replicas)
        if self._waiting and len(self._replicas) < self._most and all(each.arrived for each in self._replicas):
            self._replicas.append(self._started())
        self._let_go()
        for replica in self._replicas:
            while replica.window and replica.asked and len(replica.calls) < _CALLS_AHEAD:
                replica.calls.append(replica.actor.step.remote(replica.unsent))
                replica.unsent = []

    def _let_go(self) -> None:
        """Free what has had no work for a while, down to the least number: at the end of a run others can use its place."""
        now = time.monotonic()
        for replica in list(self._replicas):
            if self._waiting or replica.asked:
                replica.idle_since = None
            else:
                replica.idle_since = replica.idle_since or now
                if len(self._replicas) > self._least and now - replica.idle_since >= _IDLE_SECONDS:
                    self._replicas.remove(replica)
                    self._ray.kill(replica.actor)

    def _advance(self, seconds: float) -> list[Reply]:
        """Take what is answered within so many seconds."""
        oldest = {replica.calls[0]: replica for replica in self._replicas if replica.calls}
        if not oldest:
            return []
        done, _ = self._ray.wait(list(oldest), num_returns=1, timeout=seconds)
        more, _ = self._ray.wait(list(oldest), num_returns=len(oldest), timeout=0)
        return [reply for call in {*done, *more} for reply in self._taken(oldest[call])]

    def _taken(self, replica: _Replica) -> list[Reply]:
        try:
            found = self._ray.get(replica.calls.popleft())
        except self._ray.exceptions.RayTaskError as error:
            raise EngineFault(
                "a replica cannot work: {reason}",
                hint="the same kikime, vLLM and Python must be installed on every machine of the cluster",
                reason=str(error).strip().splitlines()[-1],
            ) from error
        except self._ray.exceptions.RayError as error:
            return self._lose(replica, str(error).strip().splitlines()[0])
        replica.arrived = True
        if isinstance(found, Loaded):
            self._begin(replica, found)
        elif isinstance(found, Step):
            replica.tokens_in_flight = found.tokens_in_flight
            replica.losses = 0 if found.replies else replica.losses
            return [reply for reply in found.replies if replica.asked.pop(reply.key, None)]
        elif isinstance(found, Died):
            return self._lose(replica, found.reason)
        elif isinstance(found, KikimeError):
            if replica.window or not self._described:
                raise found
            return self._lose(replica, str(found.message))
        return []

    def _begin(self, replica: _Replica, loaded: Loaded) -> None:
        if loaded.version != __version__:
            raise EngineFault(
                "the cluster has kikime {theirs}, this machine {ours}",
                hint="install the same version on every machine",
                theirs=loaded.version,
                ours=__version__,
            )
        replica.window = loaded.window
        self._described = self._described or loaded.engine

    def _lose(self, replica: _Replica, reason: str) -> list[Reply]:
        """Start another one in its place, unless it was lost too often; what it has not answered is asked again.

        Returns error replies for requests that were lost too often.

        Raises:
            EngineFault: it was lost too often, and no other replica is left.
        """
        self._ray.kill(replica.actor)
        self._n_lost += 1
        self._replicas.remove(replica)
        again, given_up = replica.empty()
        self._waiting.extendleft(reversed(again))
        if replica.losses < MOST_LOSSES:
            self._replicas.append(self._started(losses=replica.losses + 1))
        elif not self._replicas:
            raise EngineFault(
                "a replica was lost {n} {n:time|times} in a row: {reason}",
                hint="is its memory enough? ray logs say more",
                n=replica.losses + 1,
                reason=reason,
            )
        return [Reply(asked.request.key, "", finish_reason="error", error=reason) for asked in given_up]

    def tokens_in_flight(self) -> int:
        """How many tokens the replicas have generated of the replies that have not finished."""
        return sum(replica.tokens_in_flight for replica in self._replicas)

    def use_adapter(self, name: str, path: Path) -> None:
        """Send the following requests through the LoRA adapter in ``path``, at every replica and those to come."""
        self._adapter = (name, str(path))
        for replica in self._replicas:  # an actor does one call after another: this one before the next step
            replica.calls.append(replica.actor.use_adapter.remote(*self._adapter))

    def describe(self) -> dict[str, object]:
        """The engine of one replica, and the cluster under ``ray``."""
        return {**self._described, "ray": self._cluster.describe()}

    @property
    def notes(self) -> list[Reason]:
        """How often replicas were lost."""
        return [Reason("replicas_lost", {"n": self._n_lost})] if self._n_lost else []

    def close(self) -> None:
        """Free the replicas; a cluster that was started here ends."""
        for replica in self._replicas:
            self._ray.kill(replica.actor)
        self._replicas = []
        self._cluster.close()
