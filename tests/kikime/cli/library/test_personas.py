"""What ``kikime personas import`` says of the card that it made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kikime.cli.library.personas import personas

CARD = {
    "name": "澪",
    "description": "海辺の灯台守。",
    "first_mes": "よく来たね。",
    "mes_example": "{{char}}: 霧が出るよ。",
}


def imported(tmp_path: Path, card: dict[str, Any]) -> tuple[str, str]:
    """What is printed of a card, and what is said beside it."""
    file = tmp_path / "mio.json"
    file.write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
    done = CliRunner().invoke(personas, ["import", str(file)])
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            (
                "made of a card of SillyTavern V3; examples: 0, first messages: 1, lorebook entries: 0\n"
                "lines of the character that the voice was measured on: 2\nso few lines (2) say little about a voice"
            ),
        ),
        (
            "ja",
            (
                "SillyTavern V3 のカードから作りました：会話例0件、最初の発話1件、ロアブック0件\n"
                "口調を測った台詞：2件\n台詞が2件では口調がよく分かりません"
            ),
        ),
    ],
)
def test_a_card_is_called_by_its_program_and_few_lines_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str, said: str
) -> None:
    monkeypatch.setenv("KIKIME_LANG", language)
    shown, beside = imported(tmp_path, {"spec": "chara_card_v3", "spec_version": "3.0", "data": CARD})
    assert shown.startswith("# SillyTavern V3 のカードから作りました。口調は2件の台詞で測りました。")
    assert beside.startswith(said)


def test_a_card_that_kikime_exported_brings_its_voice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIKIME_LANG", "en")
    exported = CliRunner().invoke(personas, ["export", "kansai"]).stdout
    shown, beside = imported(tmp_path, json.loads(exported))
    assert shown.partition("\n")[0].endswith("口調は kikime から書き出したときのままです。")
    assert beside.splitlines()[1:] == ["the voice is the one that kikime exported with it"]
