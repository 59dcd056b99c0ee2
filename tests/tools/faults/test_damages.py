"""How files are damaged."""

from __future__ import annotations

import random

from tools.faults.damages import damage


def test_one_bit_is_flipped(tmp_path):
    file = tmp_path / "log"
    file.write_bytes(bytes(8))
    damage(file, random.Random(0), truncate=False)
    assert sum(byte.bit_count() for byte in file.read_bytes()) == 1
