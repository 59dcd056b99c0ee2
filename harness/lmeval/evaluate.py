"""Any lm-eval task on a loaded engine, as one row per document and metric."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kikime.harness.core.errors import EnvironmentFault, KikimeError, UsageError
from kikime.harness.core.names import nearest
from kikime.harness.engines import Engine
from kikime.harness.metrics.answers.correct import Answer
from kikime.harness.metrics.answers.facts import measure_fact
from kikime.harness.prompts.tokenizers import TransformersTokenizer


class Document(msgspec.Struct, frozen=True):
    """One metric of one document."""

    task: str
    metric: str
    filter: str
    """``none`` where a task has a single one."""
    item: str
    strict: float | None
    """The task's own value; None where log-probabilities are compared: they have no form."""
    knowledge: float | None
    """Also counts a right answer in other words around it; None where the value is not 0 or 1, or there is no target."""


_QUIET = ("lm_eval", "datasets")


class LmEvalTasks:
    """lm-eval tasks by name or YAML path, loaded once to see that they exist.

    kikime's own are not among the names: their prompts hold the persona already.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Find and load the tasks; nothing is generated yet.

        Raises:
            UsageError: lm-eval does not know a name.
            EnvironmentFault: lm-eval cannot load a task's data.
        """
        from lm_eval.tasks import TaskManager

        for logger in _QUIET:
            logging.getLogger(logger).setLevel(logging.ERROR)
        self.names = list(names)
        self._manager = TaskManager(include_defaults=not all(Path(name).is_file() for name in names))
        for name in names:
            self._load(name)

    def evaluate(
        self,
        engine: Engine,
        tokenizer: TransformersTokenizer,
        *,
        max_model_len: int | None,
        system: str | None = None,
        chat: bool = False,
        limit: int | None = None,
    ) -> list[Document]:
        """Evaluate all tasks with ``system`` as the system text; only metrics of which more is better.

        Args:
            engine: loaded with the checkpoint.
            tokenizer: the checkpoint's.
            max_model_len: longest prompt and reply together, in tokens.
            system: the persona's text; None: none.
            chat: use the checkpoint's chat template.
            limit: at most so many documents per task.

        Raises:
            EngineFault: the engine died, or refused a document.
        """
        from lm_eval import simple_evaluate

        from kikime.harness.lmeval.model import EngineLM

        results = simple_evaluate(
            model=EngineLM(engine, tokenizer, max_model_len=max_model_len),
            tasks=list(self.names),
            task_manager=self._manager,
            system_instruction=system,
            apply_chat_template=chat,
            limit=limit,
            bootstrap_iters=0,
            log_samples=True,
        )
        return list(_rows(results["samples"], results["higher_is_better"]))

    def _load(self, name: str) -> None:
        try:
            self._manager.load([name])
        except KikimeError:
            raise
        except KeyError:
            near = nearest(name, self._manager.all_tasks, n=1)
            raise UsageError(
                "lm-eval has no task '{name}'",
                hint="did you mean '{near}'?"
                if near
                else "lm_eval ls tasks shows what there is; a YAML path works too",
                name=name,
                near="".join(near),
            ) from None
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise EnvironmentFault(
                "lm-eval cannot load the data of task '{name}': {reason}",
                hint="the data set must be on this machine, or its hub within reach",
                name=name,
                reason=reason,
            ) from None


def _rows(
    samples: Mapping[str, Sequence[Mapping[str, Any]]], better: Mapping[str, Mapping[str, Any]]
) -> Iterator[Document]:
    for task, documents in samples.items():
        for document in documents:
            for metric in document["metrics"]:
                value = document[metric]
                if better[task].get(metric) is True and isinstance(value, int | float):
                    outcome = _outcome(float(value), document)
                    yield Document(task, metric, document["filter"], str(document["doc_id"]), *outcome)


def _outcome(value: float, document: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """``strict`` and ``knowledge``."""
    reply, target = document["resps"][0][0], document["target"]
    if not isinstance(reply, str):
        return None, value
    if value not in {0.0, 1.0} or not isinstance(target, str) or not target.strip():
        return value, None
    found = measure_fact(reply, Answer([target.strip()]))["fact_correct"]
    return value, max(value, float(found))
