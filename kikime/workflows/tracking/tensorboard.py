"""TensorBoard: event files in a folder per training run; ``where`` is the folder above."""

from __future__ import annotations

import time
from pathlib import Path

from kikime.harness.store.rundir import slug
from kikime.workflows.tracking.result import Result

FOLDER = "tensorboard"


def log(result: Result, where: str | None) -> None:
    """Add a result to the curves of its training run."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    scalars = [Summary.Value(tag=name, simple_value=value) for name, value in result.values.items()]
    writer = EventFileWriter(str(Path(where or FOLDER) / slug(result.name)))
    try:
        writer.add_event(Event(wall_time=time.time(), step=result.step, summary=Summary(value=scalars)))
    finally:
        writer.close()
