"""``kikime score``: JSON lines in, JSON lines out."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kikime.cli import main
from kikime.harness.cards.persona import Length, Persona, load_persona
from kikime.harness.core.errors import UsageError
from kikime.harness.metrics.jsonlines import score_lines
from kikime.harness.prompts.scoring import scorer_of

CARD = Persona(id="ojou", name="絢音", profile="高校生", length=Length(chars=(5, 45), target=10))


def run(*rows: Any) -> list[dict[str, Any]]:
    encoded = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    return [json.loads(scored.to_json()) for scored in score_lines(encoded, persona=CARD, scorer_of=scorer_of)]


def test_each_line_gives_its_metrics_in_order() -> None:
    scored = run({"id": "b", "response": "紅茶"}, {"id": 1, "response": "薔薇が好き"})
    assert [row["id"] for row in scored] == ["b", 1]
    assert [row["metrics"]["length_fit"] for row in scored] == [0, 1]


CONTRACT = """
length_chars sentences length_fit length_closeness sentence_fit newlines eligible_sentences marker_sentences marker_rate
marker_spam style_band first_person_used first_person_ok second_person_ok forbidden_terms polite_ratio missing_kuten no_eos
turn_leak template_leak role_confusion placeholder_leak language_leak repetition self_repetition fewshot_copy prompt_echo
empty critical_failure
"""


def test_all_metrics_of_the_contract_are_there() -> None:
    assert run({"id": 1, "response": "紅茶"})[0]["metrics"].keys() >= set(CONTRACT.split())


@pytest.mark.parametrize(
    ("row", "where", "message"),
    [
        (b"{", {"line": 1}, "not valid JSON"),
        (b"\xff", {"line": 1}, "not valid JSON"),
        (b"[]", {"line": 1}, "one JSON object"),
        (b"NaN", {"line": 1}, "one JSON object"),
        ({"response": "a"}, {"line": 1}, "'id' is missing"),
        ({"id": 1.5, "response": "a"}, {"line": 1}, "'id' is neither"),
        ({"id": True, "response": "a"}, {"line": 1}, "'id' is neither"),
        ({"id": 7}, {"id": 7}, "'response' is missing"),
        ({"id": 7, "response": None}, {"id": 7}, "'response' is not a text"),
        ({"id": 7, "response": "a", "user": 1}, {"id": 7}, "'user'"),
        ({"id": 7, "response": "a", "examples": "a"}, {"id": 7}, "'examples'"),
        ({"id": 7, "response": "a", "history": [{"role": "bot", "content": "a"}]}, {"id": 7}, "'history'"),
        ({"id": 7, "response": "a", "history": [{"role": "user"}]}, {"id": 7}, "'history'"),
        ({"id": 7, "response": "a", "expect": []}, {"id": 7}, "'expect'"),
        ({"id": 7, "response": "a", "expect": {"constraints": [{"kind": "x"}]}}, {"id": 7}, "unknown constraint"),
        ({"id": 7, "response": "a", "persona": "nobody"}, {"id": 7}, "no persona 'nobody'"),
    ],
)
def test_a_wrong_line_says_why_and_the_others_are_scored(row: Any, where: dict[str, Any], message: str) -> None:
    wrong, right = run(row, {"id": "ok", "response": "薔薇"})
    assert message in wrong.pop("error")
    assert wrong == where
    assert right["id"] == "ok"
    assert "metrics" in right


def test_nulls_are_as_good_as_absent() -> None:
    row = dict.fromkeys(("user", "history", "system", "examples", "finish_reason", "persona", "expect"))
    assert run({"id": 1, "response": "薔薇", **row}) == run({"id": 1, "response": "薔薇"})


def test_a_lone_surrogate_is_scored() -> None:
    assert run(b'{"id": "a\\ud800", "response": "\\ud83d"}')[0]["metrics"]["length_chars"] == 1


def test_blank_lines_are_skipped_but_counted() -> None:
    assert run(b"\n", b"  \r\n", b"{")[0]["line"] == 3


def test_a_byte_order_mark_is_ignored() -> None:
    assert "metrics" in run(b'\xef\xbb\xbf{"id": 1, "response": "a"}')[0]


def test_line_separators_inside_a_text_do_not_split_it() -> None:
    text = json.dumps({"id": 1, "response": "a\u2028b\u0085c"}, ensure_ascii=False).encode() + b"\n"
    assert len(list(score_lines(io.BytesIO(text * 2), persona=CARD, scorer_of=scorer_of))) == 2


def test_a_lines_own_persona_wins() -> None:
    first, second = run(
        {"id": 1, "response": "薔薇が好きですわ"}, {"id": 2, "response": "薔薇が好きですわ", "persona": "ojousama"}
    )
    assert (first["metrics"]["marker_rate"], second["metrics"]["marker_rate"]) == (None, 1.0)


def test_each_card_is_read_once() -> None:
    read: list[str] = []

    def load(reference: str) -> Persona:
        read.append(reference)
        if reference == "bad":
            raise UsageError("no persona 'bad'")
        return load_persona(reference)

    rows = [json.dumps({"id": n, "response": "a", "persona": p}).encode() for n, p in enumerate(["bad", "bushi"] * 3)]
    assert len(list(score_lines(rows, persona=CARD, scorer_of=scorer_of, load=load))) == 6
    assert read == ["bad", "bushi"]


def test_nothing_is_kept() -> None:
    def rows(count: int) -> Iterator[bytes]:
        for number in range(count):
            yield json.dumps({"id": number, "response": "薔薇が好き" * 400, "user": f"質問{number}"}).encode()

    for _ in score_lines(rows(600), persona=CARD, scorer_of=scorer_of):
        pass
    tracemalloc.start()
    for _ in score_lines(rows(600), persona=CARD, scorer_of=scorer_of):
        pass
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 1_000_000


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main.main(list(arguments))
    return int(caught.value.code or 0)


def test_command_writes_lines_and_exits_0(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "response": "紅茶が好きですわ"}\n', encoding="utf-8")
    assert call("score", str(path), "--persona", "ojousama") == 0
    assert json.loads(capfd.readouterr().out)["metrics"]["marker_rate"] == 1.0


def test_command_exits_4_when_a_line_is_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "response": "紅茶"}\nbad\n', encoding="utf-8")
    assert call("score", str(path), "--persona", "ojousama") == 4
    captured = capfd.readouterr()
    assert [json.loads(line).keys() for line in captured.out.splitlines()] == [{"id", "metrics"}, {"line", "error"}]
    assert "1 of 2 lines" in captured.err


def test_command_reads_tables_and_training_data(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "a", "user": "空は？", "response": "青いですわ"}, {"id": "b", "response": "知らないよ"}]
    turns = [{"role": "user", "content": "空は？"}, {"role": "assistant", "content": "青いですわ"}]
    files = {
        "a.json": json.dumps(rows, ensure_ascii=False).encode(),
        "b.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode("cp932"),
        "c.CSV": "id,response\na,青いですわ\nb,知らないよ\n".encode("utf-16"),
        "d.jsonl": json.dumps({"id": "a", "messages": [*turns, *turns]}, ensure_ascii=False).encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        assert call("score", str(tmp_path / name), "--persona", "ojousama") == 0
        scored = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
        assert [row["id"] for row in scored] == (["a", "a.2"] if name.startswith("d") else ["a", "b"])
        assert scored[0]["metrics"]["marker_rate"] == 1.0


@pytest.mark.parametrize(
    ("file", "persona", "message"),
    [
        ("none.jsonl", "ojousama", "no such file"),
        (".", "ojousama", "not a dataset on disk"),
        ("none.jsonl", "nobody", "no persona"),
    ],
)
def test_command_with_wrong_arguments_exits_2(
    file: str, persona: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call("score", file, "--persona", persona) == 2
    assert message in capfd.readouterr().err


def test_personas_check_exits_4_when_examples_do_not_fit(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(
        "id: a\nname: b\nprofile: c\nlength: {chars: [1, 9], target: 5}\nexamples:\n  - {user: a, reply: 私はAIです}\n",
        encoding="utf-8",
    )
    assert call("personas", "check", str(path), "--json") == 4
    assert json.loads(capfd.readouterr().out)["ok"] is False


def test_personas_new_writes_a_card_that_passes_check(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data, card = tmp_path / "lines.txt", tmp_path / "card.yaml"
    data.write_text("\n".join(f"{thing}が好きでござる" for thing in "桜梅桃李菊蘭竹松杉楓"), encoding="utf-8")
    assert call("personas", "new", "--from", str(data), "--id", "samurai", "--name", "一之進", "-o", str(card)) == 0
    assert call("personas", "check", str(card)) == 0
    assert call("personas", "new", "--from", str(data), "--id", "samurai", "--name", "一之進", "-o", str(card)) == 2
    assert "exists already" in capfd.readouterr().err


def test_personas_list_and_show_print_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert call("personas", "list", "--json") == 0
    ids = [row["id"] for row in json.loads(capfd.readouterr().out)]
    assert call("personas", "show", ids[0], "--json") == 0
    assert json.loads(capfd.readouterr().out)["id"] == ids[0]
