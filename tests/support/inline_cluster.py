"""The few calls of Ray that kikime makes, answered in this process: an actor works when somebody waits for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


class RayError(Exception):
    """A lost actor."""


class RayTaskError(RayError):
    """An exception in an actor's method."""


class _Call:
    def __init__(self, actor: _Actor, work: Callable[[], object]) -> None:
        self.actor, self.work = actor, work


class _Actor:
    def __init__(self, made: object) -> None:
        self.made = made
        self.alive = True
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def remote(*arguments: object) -> _Call:
            self.calls.append(name)
            return _Call(self, lambda: getattr(self.made, name)(*arguments))

        return SimpleNamespace(remote=remote)


class InlineRay:
    """Ray's module, as far as a cluster of ``cpus`` and ``gpus`` goes; ``actors`` are those that were made, in order."""

    __version__ = "inline"
    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, *, cpus: float = 4, gpus: float = 0, rooms: int = 100) -> None:
        self._machine = {"CPU": cpus, "GPU": gpus}
        self._rooms = rooms
        self._turn: deque[_Actor] = deque()
        self.actors: list[_Actor] = []
        self.reserved: list[dict[str, float]] = []
        self.started_with: dict[str, object] | None = None
        self.ended = False

    def is_initialized(self) -> bool:
        return False

    def init(self, **given: object) -> None:
        self.started_with = given

    def shutdown(self) -> None:
        self.ended = True

    def nodes(self) -> list[dict[str, object]]:
        return [{"Alive": True, "Resources": self._machine}]

    def remote(self, **needs: float) -> Callable[[type], Any]:
        def wrap(kind: type) -> Any:
            def make(*arguments: object) -> _Actor:
                self.reserved.append(needs)
                self.actors.append(_Actor(kind(*arguments)))
                return self.actors[-1]

            return SimpleNamespace(remote=make)

        return wrap

    def wait(self, calls: list[_Call], *, num_returns: int, timeout: float) -> tuple[list[_Call], list[_Call]]:
        """One call at a time is done, of the actor that waits longest; those without a room never are."""
        placed = [actor for actor in self.actors if actor.alive][: self._rooms]
        able = [call for call in calls if not call.actor.alive or call.actor in placed]
        if num_returns > 1 or not able:
            return [], calls
        able.sort(key=lambda call: self._turn.index(call.actor) if call.actor in self._turn else -1)
        self._turn = deque([actor for actor in self._turn if actor is not able[0].actor])
        self._turn.append(able[0].actor)
        return able[:1], calls

    def get(self, call: _Call) -> object:
        if not call.actor.alive:
            raise RayError("The actor died unexpectedly before finishing this task.\nMore of it.")
        try:
            return call.work()
        except Exception as error:
            raise RayTaskError(f"Traceback\n{error}") from error

    def kill(self, actor: _Actor) -> None:
        actor.alive = False
