"""What runs in a process of the cluster: one engine, fed and emptied in steps."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from kikime.harness import __version__
from kikime.harness.core.errors import EngineFault, KikimeError
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import check_options, load_engine
from kikime.harness.engines.base import CountsTokens, SwitchesAdapters
from kikime.harness.engines.checkpoint import Checkpoint, resolve_checkpoint
from kikime.harness.engines.options import EngineOptions

_GATHER_SECONDS = 0.1
_REPORT_SECONDS = 1.0
_ENVIRONMENT = {
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # replicas on one machine would bind to the same cores
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # a process of its own would outlive a killed replica, and keep its memory
}


class Loaded(NamedTuple):
    """What a replica says once its engine is loaded."""

    version: str
    """Of kikime there."""
    window: int
    engine: dict[str, object]


class Step(NamedTuple):
    """What a replica hands over."""

    replies: list[Reply]
    tokens_in_flight: int


class Died(NamedTuple):
    """The engine of a replica died while it generated."""

    reason: str


class Worker:
    """One engine; errors of ours are returned, since those that Ray raises hide their words."""

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions) -> None:
        self._checkpoint, self._options = checkpoint, options
        self._n_in_flight = 0

    def arrive(self) -> None:
        """Do nothing: an answer says that the cluster has room."""

    def load(self, adapter: tuple[str, str] | None) -> Loaded | KikimeError:
        """Load the engine, with the adapter that is in use."""
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        try:
            checkpoint = on_this_machine(self._checkpoint)
            check_options(checkpoint, self._options)
            self._engine = load_engine(checkpoint, self._options)
            if adapter is not None:
                self.use_adapter(*adapter)
        except KikimeError as error:
            return error
        return Loaded(__version__, self._engine.window, self._engine.describe())

    def use_adapter(self, name: str, path: str) -> None:
        """Send the following requests through the LoRA adapter in ``path``."""
        if isinstance(self._engine, SwitchesAdapters):
            self._engine.use_adapter(name, Path(path))

    def step(self, requests: list[Request]) -> Step | Died | KikimeError:
        """Queue the requests, then work until there are replies, or for a second."""
        try:
            for request in requests:
                self._engine.submit(request)
                self._n_in_flight += 1
        except KikimeError as error:
            return error
        started, replies = time.monotonic(), list[Reply]()
        try:
            while self._n_in_flight:
                found = self._engine.poll()
                replies += found
                self._n_in_flight -= len(found)
                if time.monotonic() - started > (_GATHER_SECONDS if replies else _REPORT_SECONDS):
                    break
        except KikimeError as error:
            return Died(str(error.message))
        return Step(replies, self._engine.tokens_in_flight() if isinstance(self._engine, CountsTokens) else 0)


def on_this_machine(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint where this machine has it; one of the hub or of kikime's own is looked for here.

    Raises:
        EngineFault: it is not here, or other files are.
    """
    for folder in (checkpoint.adapter, checkpoint.path if checkpoint.revision is None else None):
        if folder and not Path(folder).exists() and not checkpoint.reference.startswith("demo:"):
            raise EngineFault(
                "{folder} is not on {machine}",
                hint="put it where every machine of the cluster finds it under this path, or give a hub id",
                folder=folder,
                machine=os.uname().nodename,
            )
    if checkpoint.path is None or Path(checkpoint.path).exists():
        return checkpoint
    found = resolve_checkpoint(checkpoint.reference)
    if checkpoint.adapter is None and found.fingerprint != checkpoint.fingerprint:
        raise EngineFault(
            "{machine} has other files of {reference}",
            hint="install the same kikime on every machine, or name the checkpoint by a path that all of them share",
            machine=os.uname().nodename,
            reference=checkpoint.reference,
        )
    return msgspec.structs.replace(checkpoint, path=found.path)
