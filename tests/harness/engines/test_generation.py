"""The checkpoint's own sampling."""

from __future__ import annotations

import json

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines.generation import OwnSampling, read_own_sampling


def read(folder, **config):
    (folder / "generation_config.json").write_text(json.dumps(config), encoding="utf-8")
    return read_own_sampling(folder)


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, OwnSampling()),
        ({"do_sample": False, "temperature": 0.7}, OwnSampling()),
        ({"do_sample": True}, OwnSampling(temperature=1.0)),
        ({"temperature": 0.6, "top_p": 0.9}, OwnSampling(temperature=0.6, top_p=0.9)),
        (
            {"do_sample": True, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.1},
            OwnSampling(temperature=0.7, top_p=0.8, top_k=20, repetition_penalty=1.1),
        ),
        ({"repetition_penalty": 1.1}, OwnSampling(repetition_penalty=1.1)),
        ({"do_sample": True, "temperature": None, "top_k": -1}, OwnSampling(temperature=1.0)),
        ({"do_sample": False, "num_beams": 4, "min_p": 0.0}, OwnSampling(unused=("num_beams",))),
    ],
)
def test_what_the_file_says(tmp_path, config, found):
    assert read(tmp_path, **config) == found


def test_no_file_says_nothing(tmp_path):
    assert read_own_sampling(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"do_sample": true, "temperature": "hot"}'])
def test_a_broken_file_is_told(tmp_path, text):
    (tmp_path / "generation_config.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"generation_config\.json"):
        read_own_sampling(tmp_path)
