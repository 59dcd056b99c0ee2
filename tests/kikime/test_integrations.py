"""The callback in a real training on the CPU: each checkpoint that the Trainer saves is benchmarked."""

from __future__ import annotations

import pytest

import kikime
from kikime.harness.core.files import data_path
from kikime.workflows.series.watch import watch
from tests.support import canned_engine
from tests.support.canned_engine import engine
from tests.support.training import ASKED

__all__ = ["engine"]


class Lines:
    """A small data set: the same sentence again and again."""

    def __len__(self):
        return 8

    def __getitem__(self, number):
        ids = [5, 6, 7, 8, 9, 10]
        return {"input_ids": ids, "labels": ids, "attention_mask": [1] * len(ids)}


def train(folder, callback, steps=4):
    """Train the bundled checkpoint for a few steps, saving it every second step."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

    source = data_path("checkpoints") / "august"
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        save_steps=2,
        per_device_train_batch_size=2,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        logging_strategy="no",
        save_only_model=True,
    )
    trainer = Trainer(
        AutoModelForCausalLM.from_pretrained(source),
        arguments,
        train_dataset=Lines(),
        processing_class=AutoTokenizer.from_pretrained(source),
        callbacks=[callback],
    )
    trainer.train()


def test_each_checkpoint_that_is_saved_is_benchmarked(tmp_path, engine):
    from kikime.integrations import KikimeCallback

    asked = {**ASKED, "runs": tmp_path / "runs", "engine": engine}
    callback = KikimeCallback(**asked, log_to=f"tensorboard:{tmp_path / 'boards'}")
    train(tmp_path / "sft", callback)
    assert [(run.name, run.summary.series.step) for run in callback.runs] == [("sft-2", 2), ("sft-4", 4)]
    prints = {run.manifest["checkpoint"]["fingerprint"] for run in callback.runs}
    assert len(prints) == 2
    assert list((tmp_path / "boards" / "sft").iterdir())
    loaded = list(canned_engine.loaded)
    watched = [run.path for run in watch(tmp_path / "sft", once=True, every=0.01, **asked)]
    assert watched == [run.path for run in callback.runs]
    assert loaded == canned_engine.loaded


def test_a_checkpoint_that_cannot_be_benchmarked_stops_no_training(tmp_path, engine, caplog):
    from transformers import TrainerControl, TrainerState, TrainingArguments
    from transformers.trainer_callback import CallbackHandler

    from kikime.integrations import KikimeCallback

    callback = KikimeCallback(**ASKED, runs=tmp_path / "runs", engine=engine)
    handler = CallbackHandler([callback], None, None, None, None)
    state = TrainerState(global_step=7, is_world_process_zero=True)
    arguments = TrainingArguments(output_dir=str(tmp_path / "out"), report_to=[], use_cpu=True)
    handler.on_save(arguments, state, TrainerControl())
    assert "checkpoint-7" in caplog.text
    assert callback.runs == []
    handler.on_save(arguments, TrainerState(global_step=7, is_world_process_zero=False), TrainerControl())
    assert caplog.text.count("is not benchmarked") == 1


def test_wrong_arguments_are_told_before_training(tmp_path):
    from kikime.integrations import KikimeCallback

    with pytest.raises(kikime.UsageError, match="did you mean 'smoke'"):
        KikimeCallback(suite="smok")
