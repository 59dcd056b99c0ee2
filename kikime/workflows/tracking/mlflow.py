"""MLflow: a run per training run, its curves over steps; ``where`` is a tracking URI."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kikime.workflows.tracking.result import Result

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "kikime"
_TAG = "kikime.id"


def log(result: Result, where: str | None) -> None:
    """Add a result to the run of its training run, or make one."""
    from mlflow import MlflowClient
    from mlflow.entities import Metric, RunTag

    client = MlflowClient(tracking_uri=where)
    run, now = _run(client, result), round(1000 * time.time())
    client.log_batch(
        run,
        metrics=[Metric(_name(name), value, now, result.step) for name, value in result.values.items()],
        tags=[RunTag(f"kikime.{name}", value) for name, value in result.facts.items()],
    )
    client.set_terminated(run)


def _run(client: MlflowClient, result: Result) -> str:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    number = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
    known = client.search_runs([number], f"tags.`{_TAG}` = '{result.id}'", max_results=1)
    if known:
        return str(known[0].info.run_id)
    return str(client.create_run(number, run_name=result.name, tags={_TAG: result.id}).info.run_id)


def _name(name: str) -> str:
    """A name as MLflow allows it: letters, digits, ``_ - . / :`` and spaces."""
    return "".join(letter if letter.isalnum() or letter in "_-. /:" else "_" for letter in name)
