"""Options of engines as keywords."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines import EngineOptions
from kikime.workflows.keywords import engine_options, refuse_own


def test_nothing_given_is_every_default():
    assert engine_options({}) == EngineOptions()


def test_what_is_given_is_taken_as_it_is():
    found = engine_options({"dtype": "half", "concurrency": 3, "engine_args": {"swap_space": 4}})
    assert (found.dtype, found.concurrency, found.engine_args) == ("half", 3, {"swap_space": 4})


def test_a_tokenizers_folder_is_found_from_elsewhere_too(tmp_path, monkeypatch):
    (tmp_path / "語彙").mkdir()
    monkeypatch.chdir(tmp_path)
    assert engine_options({"tokenizer": "語彙"}).tokenizer == str((tmp_path / "語彙").resolve())


@pytest.mark.parametrize("name", ["org/tokenizer", "no-such-folder"])
def test_the_hub_id_of_a_tokenizer_stays_what_it_is(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert engine_options({"tokenizer": name}).tokenizer == name


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("model", "MODEL"),
        ("seed", "suite"),
        ("enable_lora", "--lora"),
        ("dtype", "--dtype"),
        ("max_model_len", "--max-model-len"),
        ("tensor_parallel_size", "--tensor-parallel-size"),
    ],
)
def test_what_has_an_option_of_its_own_is_refused_with_it(name, instead):
    with pytest.raises(UsageError) as caught:
        engine_options({"engine_args": {"swap_space": 1, name: 1}})
    assert instead in caught.value.hint


def test_every_option_has_one_way_to_be_given():
    for name in EngineOptions.__struct_fields__:
        if name != "engine_args":
            with pytest.raises(UsageError):
                refuse_own([name])
    refuse_own(["engine_args", "swap_space", str(Path("x"))])
