from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from kikime.harness.core.tables import read_table
from tests.support.commands import kikime
from tests.support.judge_server import Answer, JudgeServer, good, judged_text

N = 12


def script(body: dict[str, Any], _: int) -> Answer:
    """The reply's own number decides: 1 … 7, 1 … 7."""
    return good(body, score=int(re.findall(r"\d+", judged_text(body))[0]) % 7 + 1)


def pairs() -> list[tuple[str, str]]:
    return [(f'質問{n}、"引用"', f"お答え{n}ですわ\n続きますの" if n == 3 else f"お答え{n}ですわ") for n in range(N)]


def write(path: Path) -> Path:
    rows = [{"prompt": user, "completion": reply, "note": n} for n, (user, reply) in enumerate(pairs())]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, ["prompt", "completion", "note"])
            writer.writeheader()
            writer.writerows(rows)
        path.write_bytes(path.read_bytes().removesuffix(b"\r\n"))
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    elif path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        from datasets import Dataset

        Dataset.from_list(rows).save_to_disk(str(path))
    return path


@pytest.mark.parametrize("name", ["d.csv", "d.jsonl", "d.parquet", "d"])
def test_low_rows_are_left_out_and_order_and_format_stay(server: JudgeServer, tmp_path: Path, name: str) -> None:
    server.script = script
    source, out = write(tmp_path / name), tmp_path / "out"
    run = kikime(
        "audit",
        str(source),
        "--persona",
        "ojousama",
        "--out",
        str(out),
        "--no-sentinel",
        "--judge-base-url",
        server.url,
        "--json",
    )
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    expected = [n + 1 for n in range(N) if n % 7 + 1 >= 5]
    assert report["kept"] == expected
    kept = read_table(out / f"d-kept{source.suffix}").rows
    assert [row["completion"] for row in kept] == [pairs()[n - 1][1] for n in expected]
    assert report["histogram"]["tone"] == {str(point): 2 if point < 6 else 1 for point in range(1, 8)}
    assert all("marker_rate" in row["metrics"] for row in report["rows"])


@pytest.mark.parametrize("name", ["d.csv", "d.jsonl"])
def test_keeping_everything_gives_the_input_back_byte_for_byte(tmp_path: Path, name: str) -> None:
    table = read_table(write(tmp_path / name))
    table.write(tmp_path / f"copy{name}", range(N))
    assert (tmp_path / f"copy{name}").read_bytes() == (tmp_path / name).read_bytes()


def test_the_table_is_sorted_by_score_and_holds_the_rationale(server: JudgeServer, tmp_path: Path) -> None:
    server.script = script
    out = tmp_path / "out"
    kikime(
        "audit",
        str(write(tmp_path / "d.csv")),
        "--persona",
        "ojousama",
        "--out",
        str(out),
        "--no-sentinel",
        "--judge-base-url",
        server.url,
    )
    with (out / "audit.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    scores = [float(row["score"]) for row in rows]
    assert len(rows) == N
    assert scores == sorted(scores)
    assert {row["rationale"] for row in rows} == {"資料と比べた。"}


def test_a_cell_that_looks_like_a_formula_is_quoted(server: JudgeServer, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"user": "=1+1", "reply": "@cmd"}\n', encoding="utf-8")
    kikime(
        "audit",
        str(path),
        "--persona",
        "ojousama",
        "--out",
        str(tmp_path),
        "--no-sentinel",
        "--judge-base-url",
        server.url,
    )
    text = (tmp_path / "audit.csv").read_text(encoding="utf-8-sig")
    assert "'=1+1" in text
    assert "'@cmd" in text


def test_rows_without_a_score_stay_and_are_counted(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: good(body, score="7")
    run = kikime(
        "audit",
        str(write(tmp_path / "d.jsonl")),
        "--persona",
        "ojousama",
        "--out",
        str(tmp_path / "o"),
        "--no-sentinel",
        "--judge-base-url",
        server.url,
        "--json",
    )
    assert run.returncode == 4
    report = json.loads(run.stdout)
    assert (len(report["kept"]), report["unscored"]) == (N, N)


def test_chat_messages_are_read_as_dialogues(server: JudgeServer, tmp_path: Path) -> None:
    turns = [("system", "設定"), ("user", "一"), ("assistant", "二"), ("user", "三"), ("assistant", "四")]
    row = {"messages": [{"role": role, "content": content} for role, content in turns]}
    (tmp_path / "d.jsonl").write_text(json.dumps(row), encoding="utf-8")
    run = kikime(
        "audit",
        str(tmp_path / "d.jsonl"),
        "--persona",
        "ojousama",
        "--out",
        str(tmp_path),
        "--no-sentinel",
        "--judge-base-url",
        server.url,
    )
    assert run.returncode == 0, run.stderr
    prompts = [request["messages"][1]["content"] for request in server.requests]
    assert any('"評価対象の返答": "四"' in prompt for prompt in prompts)
    assert any('"評価対象の返答": "二"' in prompt for prompt in prompts)
    assert not any("設定" in prompt for prompt in prompts)


def test_what_cannot_be_read_has_a_status_and_the_rest_is_judged(server: JudgeServer, tmp_path: Path) -> None:
    good = {"messages": [{"role": "user", "content": "やあ"}, {"role": "assistant", "content": "ごきげんよう"}]}
    call = {
        "messages": [{"role": "user", "content": "何時？"}, {"role": "assistant", "content": None, "tool_calls": [{}]}]
    }
    path, out = tmp_path / "d.jsonl", tmp_path / "out"
    path.write_text(f"{json.dumps(good)}\n{json.dumps(call)}\n{{broken\n", encoding="utf-8")
    asked = ("audit", str(path), "--persona", "ojousama", "--out", str(out), "--no-sentinel", "--judge-base-url")
    run = kikime("--lang", "en", *asked, server.url, "--json")
    assert run.returncode == 4
    report = json.loads(run.stdout)
    assert {row["row"]: row["status"] for row in report["rows"]} == {1: "ok", 2: "unreadable", 3: "unreadable"}
    assert (report["kept"], report["unreadable"], report["unscored"]) == ([1, 2, 3], 2, 2)
    assert "d.jsonl:2: a tool is called" in run.stderr
    assert "d.jsonl:3: not valid JSON" in run.stderr
    assert (out / "d-kept.jsonl").read_bytes() == path.read_bytes()


def test_one_bad_reply_of_a_dialogue_takes_its_row_away(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, _: good(body, score=1 if judged_text(body) == "黙れ" else 7)
    turns = [("user", "一"), ("assistant", "黙れ"), ("user", "三"), ("assistant", "四ですわ")]
    row = {"messages": [{"role": role, "content": content} for role, content in turns]}
    (tmp_path / "d.json").write_text(json.dumps([row, {"messages": row["messages"][2:]}]), encoding="utf-8")
    asked = ("audit", str(tmp_path / "d.json"), "--persona", "ojousama", "--out", str(tmp_path), "--no-sentinel")
    run = kikime(*asked, "--judge-base-url", server.url, "--json")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    lowest = report["rows"][0]
    assert (lowest["row"], lowest["turn"], lowest["reply"], lowest["score"]) == (1, 1, "黙れ", 1.0)
    assert report["kept"] == [2]
    assert json.loads((tmp_path / "d-kept.json").read_text(encoding="utf-8")) == [{"messages": row["messages"][2:]}]


def test_a_rubric_for_pairs_is_refused_with_those_that_fit(server: JudgeServer, tmp_path: Path) -> None:
    data = write(tmp_path / "d.jsonl")
    run = kikime("audit", str(data), "--persona", "ojousama", "--rubric", "pairwise_v1", "--judge-base-url", server.url)
    assert run.returncode == 2
    assert "replies: character_v1" in run.stderr
    assert server.requests == []


def test_an_audit_that_keeps_nothing_warns_and_exits_with_4(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: good(body, score=1)
    data, out = write(tmp_path / "d.jsonl"), tmp_path / "o"
    asked = ("audit", str(data), "--persona", "ojousama", "--out", str(out), "--no-sentinel")
    run = kikime("--lang", "en", *asked, "--judge-base-url", server.url, "--json")
    assert run.returncode == 4
    report = json.loads(run.stdout)
    assert report["kept"] == []
    assert [warning["code"] for warning in report["warning_codes"]] == ["one_score", "none_kept"]
    assert all(f"warning: {warning}" in run.stderr for warning in report["warnings"])
