"""What a run offers to a judge: its samples as subjects, its personas and the rubrics that its tasks ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message
from kikime.harness.store.database import broken_table, require_tables
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.task import Task
from kikime.judges.jobs.job import Unit
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import Rubric, load_rubric, stored_rubric


class Sample(msgspec.Struct):
    """What judging needs of one row of ``samples.parquet``."""

    key: str
    pair_key: str
    task: str
    item_id: str
    persona: str
    turn: int
    user: str
    history: str | list[Message]
    """The turns before ``user``, as JSON or as a list."""
    response: str | None
    error: str | None

    @property
    def turns(self) -> tuple[Message, ...]:
        """The user's and the character's turns before ``user``."""
        told = msgspec.json.decode(self.history, type=list[Message]) if isinstance(self.history, str) else self.history
        return tuple(turn for turn in told if turn["role"] != "system")


class RunMaterials:
    """What judging needs of a run's manifest: personas, which rubrics a task asks for, how long its dialogues are."""

    def __init__(self, manifest: Mapping[str, Any], rubrics: Sequence[str] = ()) -> None:
        """``rubrics``, where given, replace the tasks' own.

        Raises:
            UsageError: a rubric for pairs, which one run alone does not have.
        """
        self.personas = {name: Persona.model_validate(card) for name, card in manifest["personas"].items()}
        self.personas |= {persona.id: persona for persona in list(self.personas.values())}
        self._tasks: dict[str, Task] = {}
        for name, stored in manifest["tasks"].items():
            task = Task.model_validate(stored)
            self._tasks |= {name: task, task.id: task}
        self._stored, self._rubrics = manifest.get("rubrics", {}), dict[str, Rubric]()
        self._turns = {(name, item.id): len(item.script) for name, task in self._tasks.items() for item in task.items}
        self._override = tuple(load_rubric(name) for name in rubrics)
        for rubric in self._override:
            if rubric.kind == "pair":
                raise UsageError(
                    "{rubric} compares the replies of two runs",
                    hint="kikime judge RUN --against OTHER --rubric {rubric}",
                    rubric=rubric.id,
                )

    def rubrics(self, task: str) -> tuple[Rubric, ...]:
        """The rubrics that score ``task``."""
        return self._override or tuple(self._rubric(name) for name in self._tasks[task].rubrics)

    def _rubric(self, name: str) -> Rubric:
        if name not in self._rubrics:
            self._rubrics[name] = stored_rubric(name, self._stored)
        return self._rubrics[name]

    def subject(self, sample: Sample) -> Subject | None:
        """The reply of ``sample`` as something to judge; None where there is no reply, or nobody whose reply it is."""
        if sample.error is not None or sample.response is None or sample.persona not in self.personas:
            return None
        return Subject(
            id=sample.key,
            persona=self.personas[sample.persona],
            user=sample.user,
            response=sample.response,
            history=sample.turns,
            key=sample.key,
        )

    def units(self, sample: Sample, index: int = 0) -> list[Unit]:
        """What is to be judged of one sample; nothing where there is no reply."""
        subject = self.subject(sample)
        if subject is None:
            return []
        last = sample.turn >= self._turns.get((sample.task, sample.item_id), 0)
        return [
            Unit(index, subject, rubric)
            for rubric in self.rubrics(sample.task)
            if rubric.kind == "reply" or (rubric.kind == "dialogue" and last and len(subject.lines) > 1)
        ]


def read_samples(run: RunDirectory) -> Iterator[Sample]:
    """Rows of ``samples.parquet``, a batch in memory at a time.

    Raises:
        UsageError: the run has no tables yet, or this one is broken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        require_tables(run)
        with pq.ParquetFile(run.samples_file) as table:
            for batch in table.iter_batches(batch_size=2048, columns=list(Sample.__struct_fields__)):
                yield from msgspec.convert(batch.to_pylist(), list[Sample])
    except (pa.ArrowException, OSError) as error:
        raise broken_table(run, error) from None


def paired_subjects(a: RunDirectory, b: RunDirectory) -> list[Subject]:
    """Pairs of replies (``a``'s first) to requests that both runs answered, in ``a``'s order.

    Raises:
        UsageError: a run without tables, or with a broken one, or no request in common.
    """
    ours, theirs = list(read_samples(a)), list(read_samples(b))
    rivals = {sample.pair_key: sample for sample in theirs if sample.error is None}
    personas = RunMaterials(a.manifest()).personas
    pairs = [
        Subject(
            id=sample.pair_key,
            persona=personas[sample.persona],
            user=sample.user,
            response=sample.response or "",
            history=sample.turns,
            rival=rivals[sample.pair_key].response,
        )
        for sample in ours
        if sample.error is None and sample.pair_key in rivals and sample.history == rivals[sample.pair_key].history
    ]
    if not pairs:
        raise UsageError("{a} and {b} have no request in common", hint="run both with the same suite", a=a.id, b=b.id)
    return pairs
