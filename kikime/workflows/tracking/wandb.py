"""Weights & Biases: a run per training run, its curves over ``training_step``; ``where`` is a project.

Offline where wandb is (``WANDB_MODE=offline``); ``wandb sync`` then joins the steps, which have one id.
"""

from __future__ import annotations

from kikime.workflows.tracking.result import Result

PROJECT = "kikime"
STEP = "training_step"


def log(result: Result, where: str | None) -> None:
    """Add a result to the run of its training run."""
    import wandb

    run = wandb.init(
        project=where or PROJECT,
        id=result.id,
        name=result.name,
        resume="allow",
        config=result.facts,
        allow_val_change=True,
        reinit="create_new",
        settings=wandb.Settings(silent=True),
    )
    try:
        run.define_metric(STEP)
        run.define_metric("*", step_metric=STEP)
        run.log({STEP: result.step, **result.values})
    finally:
        run.finish()
