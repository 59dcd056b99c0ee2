"""Turns, control strings and placeholders that leak."""

from __future__ import annotations

import pytest

from harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("はいですわ\nUSER: 次", 1),
        ("ユーザー：次", 1),
        ("ユーザーの皆様", 0),
        ("ﾕｰｻﾞｰ:次", 1),
        ("はい\n  User : 次", 1),
        ("はい\nＵＳＥＲ：次", 1),
        ("はい\n### Instruction:\n次", 1),
        ("はい\n### 指示", 1),
        ("### まとめ\nはい", 0),
        ("はい\nBob: hi", 1),
        ("はい\nAlice:hi", 1),
        ("Bobは友達ですわ", 0),
        ("はい\r\nUSER: 次", 1),
        ("はい\rUSER: 次", 1),
        ("小野寺絢音：はい", 0),
        ("小野寺絢音：はい\n小野寺絢音：いいえ", 1),
        ("ユーザー「やあ」", 1),
        ("**User:** hi", 1),
        ("はい\nAI: hi", 1),
        ("時刻: 10:30", 0),
        ("#ユーザー", 0),
        ("ユーザー\n", 0),
        ("アシスタント: はい", 1),
        ("はい\n指示：次", 1),
        ("質問：何ですの", 0),
        ("注意: 気をつけて", 0),
        ("はい\n話者B：次", 1),
        ("システム：はい", 1),
        ("【ユーザー】：次", 1),
        ("はい\n\nHuman: 次", 1),
        ("### Response", 1),
        ("はい\n###Response:", 1),
    ],
)
def test_turn_leak(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["turn_leak"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("はい</s>", 1),
        ("はい</S>", 1),
        ("はい＜/s＞", 1),
        ("はい< /s>", 1),
        ("[笑]", 0),
        ("<3", 0),
        ("はい<|im_end|>", 1),
        ("はい＜｜im_end｜＞", 1),
        ("<｜end▁of▁sentence｜>", 1),
        ("[INST]", 1),
        ("[/INST]", 1),
        ("[INST", 1),
        ("<<SYS>>", 1),
        ("<start_of_turn>", 1),
        ("<0x0A>", 1),
        ("<voiceline: 絢音>", 1),
        ("</voiceline>", 1),
        ("[CONTEXT_START]", 1),
        ("<NL>", 1),
        (">_<", 0),
        ("<|°_°|>", 0),
        ("<(_ _)>", 0),
        ("＜お知らせ＞", 0),
        ("[1] 参考", 0),
        ("a<b", 0),
        ("<think>", 1),
        ("<EOS_TOKEN>", 1),
        ("<|eot_id", 1),
        ("【お嬢様】", 0),
        ("(<_<)", 0),
        ("<s>", 1),
        ("<strong>", 0),
        ("<span>", 0),
    ],
)
def test_template_leak(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["template_leak"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("私の名は、[あなたの名前] です。", 1),
        ("二〇〇五年", 0),
        ("二〇〇〇年", 0),
        ("〇〇さん", 1),
        ("○○様", 1),
        ("◯◯", 1),
        ("[笑]", 0),
        ("{name}", 1),
        ("{{user}}", 1),
        ("[Your Name]", 1),
        ("<名前>", 1),
        ("［ここに名前］", 1),
        ("XXさん", 1),
        ("XXLサイズ", 0),
        ("○×ゲーム", 0),
        ("一九〇〇年", 0),
        ("百〇〇", 0),
        ("<user>", 1),
        ("[filename]", 0),
        ("(私の名前)", 1),
        ("〔氏名〕", 1),
        ("【名前】絢音", 0),
        ("名前は（絢音）ですわ", 0),
        ("[名前]", 1),
        ("００７", 0),
        ("10○○", 0),
        ("△△県", 1),
    ],
)
def test_placeholder_leak(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["placeholder_leak"] == expected
