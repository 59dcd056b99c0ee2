"""Language leak."""

from __future__ import annotations

import pytest

from harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("OKですわ", 0),
        ("Hello", 1),
        ("Thank you very muchですわ", 1),
        ("我不知道。你好", 1),
        ("네", 1),
        ("Привет", 1),
        ("(´Д｀)", 0),
        ("สวัสดี", 1),
        ("مرحبا", 1),
        ("La La Landが好きですわ", 0),
        ("「I love you so much」という歌", 0),
        ("https://example.com/the/quick/brown をご覧ください", 0),
        ("NHKを見ますわ", 0),
        ("iPhoneとYouTubeですわ", 0),
        ("东京", 1),
        ("漢字検定二級合格証明書取得", 0),
        ("ㅋㅋ", 0),
        ("α波", 0),
        ("B", 0),
        ("I like roses and tea.", 1),
        ("今日は天气ですわ", 1),
        ("這是我的名字", 1),
        ("四字熟語、一期一会、温故知新", 0),
        ("", 0),
        ("12345", 0),
        ("ฅ^•ω•^ฅ", 0),
        ("ಠ_ಠ", 0),
        ("薔薇はrosesですわ", 0),
        ("Watakushi wa ureshii desu", 1),
        ("はい</s>", 0),
        ("はい<|im_end|>", 0),
        ("Wi-Fiですわ", 0),
        ("A, B, Cですわ", 0),
        ('{"name": "絢音"}', 0),
        ("OK", 0),
        ("Yes!", 1),
    ],
)
def test_language_leak(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["language_leak"] == expected
