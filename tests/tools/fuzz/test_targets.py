"""Readers of what other people write stand what a fuzzer begins with, and a little of what it goes on to."""

from __future__ import annotations

import random

import pytest

from tools.faults.damages import damaged
from tools.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_stands_its_first_inputs_whole_and_damaged(name):
    chance, target = random.Random(0), TARGETS[name]
    for seed in list(target.seeds())[:2]:
        for content in (seed, damaged(seed, chance, truncate=False), damaged(seed, chance, truncate=True)):
            target.check(content)


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_stands_nothing(name):
    TARGETS[name].check(b"")
