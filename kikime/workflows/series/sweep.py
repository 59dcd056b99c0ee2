"""A sweep: many checkpoints, named in one file, that are asked the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
from pydantic import BeforeValidator, Field, ValidationInfo, create_model, field_validator, model_validator

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.files.yamlfile import StrictModel, load_yaml, problem_at
from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.checkpoint import resolve_checkpoint, with_adapter
from kikime.harness.engines.folders import read_adapter
from kikime.harness.engines.options import EngineOptions
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import SUITES
from kikime.workflows.judged import JudgeArgument, choose_judges
from kikime.workflows.keywords import EngineKeywords, engine_options
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Run
from kikime.workflows.plan import Overrides
from kikime.workflows.series.folder import found_in, in_order_of_steps
from kikime.workflows.series.queue import Asked, Member, Queue
from kikime.workflows.series.watch import member, not_all
from kikime.workflows.tracking.tracker import read_trackers


def _model(value: object) -> object:
    return {"model": value} if isinstance(value, str) else value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class SweptModel(StrictModel):
    """A model by itself, such as one of several sizes."""

    model: str
    """As MODEL of ``kikime run``; a relative path begins at the file's folder."""
    name: str | None = None
    """The run's name; the checkpoint's by default."""

    @field_validator("model")
    @classmethod
    def _placed(cls, value: str, info: ValidationInfo) -> str:
        return _from_file(value, info)


_ENGINE_FIELDS: dict[str, Any] = {
    field.name: (field.type, Field(default_factory=dict) if field.default is msgspec.NODEFAULT else field.default)
    for field in msgspec.structs.fields(EngineOptions)
}
EngineChoice = create_model("EngineChoice", __base__=StrictModel, **_ENGINE_FIELDS)
"""The options of ``kikime run`` that say how a model is loaded, with underscores: ``max_model_len: 2048``."""


class Sweep(Overrides):
    """What ``kikime sweep`` reads: the checkpoints, and what all of them are asked."""

    suite: str = "quick"
    training: str | None = None
    """What the training run of ``steps`` is called; the name of the folder that they lie in by default."""
    base: str | None = None
    """The model that adapters are loaded on, once for all; by default the one that they name."""
    models: tuple[Annotated[SweptModel, BeforeValidator(_model)], ...] = ()
    steps: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Folders of checkpoints, or of adapters, of one training run; ``*`` stands for any characters."""
    adapters: dict[str, str] = {}
    """Name → folder of an adapter on ``base``."""
    engine: EngineChoice = EngineChoice()

    @field_validator("suite")
    @classmethod
    def _known_suite(cls, value: str, info: ValidationInfo) -> str:
        try:
            return SUITES.resolve(value, (info.context or {}).get("folder"))
        except UsageError as error:
            raise ValueError(error.message) from None

    @field_validator("base")
    @classmethod
    def _placed_base(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else _from_file(value, info)

    @field_validator("steps")
    @classmethod
    def _found_steps(cls, patterns: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        folder, found = _folder(info), []
        for number, pattern in enumerate(patterns):
            matches = sorted(path for path in folder.glob(pattern) if path.is_dir()) if _is_relative(pattern) else []
            matches = matches or [path for path in [folder / pattern] if path.is_dir()]
            if not matches:
                raise problem_at([number], "no folder is called so: {pattern}", pattern=pattern)
            found += [str(path) for path in matches]
        return tuple(dict.fromkeys(found))

    @field_validator("adapters")
    @classmethod
    def _found_adapters(cls, folders: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for name, given in folders.items():
            if not (_folder(info) / given).is_dir():
                raise problem_at([name], "no folder is called so: {pattern}", pattern=given)
        return {name: str(_folder(info) / given) for name, given in folders.items()}

    @model_validator(mode="after")
    def _something(self) -> Sweep:
        if not (self.models or self.steps or self.adapters):
            raise ValueError(Phrase("no checkpoint: give models, steps or adapters"))
        return self

    def members(self) -> Iterator[Member]:
        """The checkpoints in the order in which they are benchmarked; adapters of one base follow each other.

        Raises:
            UsageError: an adapter that does not name its base.
        """
        for entry in self.models:
            yield Member(entry.model, name=entry.name)
        found = sorted((found_in(Path(path)) for path in self.steps), key=in_order_of_steps)
        for one in found:
            yield member(one, self.base, self.training or one.path.resolve().parent.name)
        for name, path in self.adapters.items():
            base = self.base or read_adapter(Path(path)).base
            if not base:
                raise UsageError("{path}: the adapter does not say what it is for", hint="give base: MODEL", path=path)
            yield Member(base, Path(path), name)


def _folder(info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("folder", "."))


def _from_file(reference: str, info: ValidationInfo) -> str:
    """A path as it is seen from the file; what is no folder there stays as it is."""
    path = _folder(info) / reference
    return str(path) if path.is_dir() else reference


def _is_relative(pattern: str) -> bool:
    return not Path(pattern).is_absolute()


def sweep(
    file: str | Path,
    *,
    judge: JudgeArgument = None,
    runs: str | Path = "runs",
    log_to: str | Sequence[str] = (),
    progress: Listener = SILENT,
) -> list[Run]:
    """Benchmark every checkpoint that a sweep's YAML file names; returns their runs in its order.

    All of them are looked at before the first is loaded. Runs of these checkpoints with the same questions are kept, or
    gone on with, so that the same call goes on after any interruption. One that cannot be loaded does not stop the others.

    Args:
        file: its fields are those of :class:`Sweep`.
        judge: see :func:`kikime.run`.
        runs: see :func:`kikime.run`.
        log_to: see :func:`kikime.run`.
        progress: hears how it goes on.

    Raises:
        FileFormatError: the file is wrong; with the line.
        UsageError: a checkpoint is not there or not whole.
        PartialResult: a checkpoint could not be benchmarked; the others are complete.
    """
    chosen = load_yaml(file, Sweep)
    from kikime.judges.verdicts.rubric import load_rubric

    materials = gather_materials(chosen.apply(SUITES.find(chosen.suite)), load_rubric)
    given = {name: value for name, value in chosen.engine if name in chosen.engine.model_fields_set}
    asked = Asked(
        materials,
        engine_options(cast("EngineKeywords", given)),
        choose_judges(judge),
        Path(runs),
        progress,
        read_trackers(log_to),
    )
    members = list(chosen.members())
    rank = max(map(_rank, members), default=0)
    done, failed = [], 0
    with Queue(asked, max_lora_rank=rank) as queue:
        for one in members:
            try:
                run = queue.benchmark(one)
            except EngineFault as error:
                failed += 1
                progress.tell("series_failed", name=one.name or one.model, why=error.message)
                continue
            if run is not None:
                done.append(run)
                progress.finished(run)
    if failed:
        raise not_all(failed)
    return done


def _rank(member: Member) -> int:
    """Check a member; the rank that its adapter needs, 0 without one."""
    base = resolve_checkpoint(member.model)
    if member.adapter is None:
        return 0
    return with_adapter(base, member.adapter.name, member.adapter).max_lora_rank or 0
