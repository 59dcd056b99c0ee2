"""``make gpu-check`` where there is no card, and where a check breaks off."""

from __future__ import annotations

import pytest

from tools.gpu_check import __main__ as gpu_check
from tools.gpu_check.checks import ended
from tools.gpu_check.results import Figure


def test_without_a_card_it_says_so_and_measures_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(gpu_check, "nvidia_gpus", tuple)
    monkeypatch.setattr("sys.argv", ["gpu_check", "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended_with:
        gpu_check.main()
    assert ended_with.value.code == 3
    assert "no CUDA card was found here" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_check_that_breaks_off_keeps_what_it_had_measured():
    def breaks_off():
        yield Figure("replies", 3)
        raise RuntimeError("out of memory\nand more")

    found = gpu_check.run("speed", breaks_off)
    assert (found.state, found.detail) == ("failed", "RuntimeError: out of memory")
    assert found.figures == [Figure("replies", 3)]


def test_a_reply_ends_at_its_first_stop():
    assert ended("はい。\nユーザー：次", ["ユーザー：", "\n"]) == "はい。"
    assert ended("はい。", ["\n"]) == "はい。"
