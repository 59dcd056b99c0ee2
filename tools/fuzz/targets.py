"""What is fuzzed: each target takes bytes, lets through only kikime's own errors, and asserts what must hold of what is read."""

from __future__ import annotations

import codecs
import json
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import orjson

import kikime
from kikime.harness.cards.foreign import read_foreign, to_tavern
from kikime.harness.cards.persona import Persona, load_persona, load_persona_file, persona_ids
from kikime.harness.core import messages as chat
from kikime.harness.core.errors import KikimeError
from kikime.harness.core.files import data_path
from kikime.harness.core.tables import read_table
from kikime.harness.core.tables.replies import replies_of
from kikime.harness.metrics import Scorer
from kikime.harness.metrics.jsonlines import score_lines
from kikime.harness.plan.asked import asked
from kikime.harness.prompts import Renderer, all_control_strings, load_format
from kikime.harness.prompts.encoding import encoder_for
from kikime.harness.prompts.format import format_ids
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.store.wal import parse_line, sealed
from kikime.harness.suites.suite import load_suite
from kikime.harness.suites.task import load_task
from kikime.judges.verdicts.rubric import load_rubric
from kikime.judges.verdicts.verdict import read_completion
from tests.support.small_tokenizers import LOSSLESS, NAMES, small

SHIPPED = Path(__file__).parents[2] / "docs" / "results" / "runs"
Check = Callable[[bytes], None]
_LONGEST = 2000


@dataclass(frozen=True)
class Target:
    """One reader: what it is fed to begin with, and what must hold."""

    check: Check
    seeds: Callable[[], Iterator[bytes]]


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def _loaded(load: Callable[[str], object], data: bytes) -> None:
    file = _folder() / "input.yaml"
    file.write_bytes(data)
    with suppress(KikimeError):
        load(str(file))


def _card(path: str) -> object:
    return load_persona_file(Path(path))


def _bundled(*folders: str) -> Iterator[bytes]:
    for folder in folders:
        for path in sorted(data_path(folder).glob("*.yaml")):
            text = path.read_text(encoding="utf-8")
            yield text[: 1 + text.find("\n", _LONGEST)].encode() if len(text) > _LONGEST else text.encode()


def import_card(data: bytes) -> None:
    """A card of another program, in the file type that the first byte names: what is read can be written back."""
    suffixes = (".json", ".png", ".charx", ".yaml")
    file = _folder() / f"card{suffixes[data[0] % 4] if data else '.json'}"
    file.write_bytes(data[1:])
    with suppress(KikimeError):
        read_foreign(file)


def _cards() -> Iterator[bytes]:
    for name in persona_ids()[:3]:
        persona = load_persona(name)
        yield b"\0" + orjson.dumps(to_tavern(persona, "v2"))
        yield b"\0" + orjson.dumps(to_tavern(persona, "v3"))
    yield "\3name: 絢音\ncontext: |\n  絢音は高校生。\n  You: やあ\n  絢音: ごきげんよう\ngreeting: ごきげんよう。\n".encode()


@cache
def _persona() -> Persona:
    return load_persona("ojousama")


@cache
def _scorer() -> Scorer:
    return scorer_of(_persona())


def score_input(data: bytes) -> None:
    """Lines to score: each that is not blank comes out once, as JSON without a number that is none."""
    lines = data.split(b"\n")
    scored = list(score_lines(lines, persona=_persona(), scorer_of=lambda _: _scorer(), resolve=asked))
    assert len(scored) == sum(bool(line.removeprefix(codecs.BOM_UTF8).strip()) for line in lines[:1]) + sum(
        bool(line.strip()) for line in lines[1:]
    )
    for line in scored:
        values = json.loads(line.to_json()).get("metrics") or {}
        assert all(math.isfinite(value) for value in values.values() if isinstance(value, int | float))


def files(data: bytes) -> None:
    """Files of all kinds, told by the suffix that the first byte names: each reply has a text, or a problem."""
    suffixes = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".txt")
    file = _folder() / f"file{suffixes[data[0] % 6] if data else '.csv'}"
    file.write_bytes(data[1:])
    with suppress(KikimeError):
        for reply in replies_of(read_table(file)):
            assert reply.problem is not None or isinstance(reply.reply, str)


def _lines() -> Iterator[bytes]:
    yield '{"id": 1, "response": "ごきげんよう。", "user": "元気？", "finish_reason": "stop"}\n'.encode()
    yield '{"response": "18歳ですわ。", "task": "persona_facts", "item": "age", "history": []}\n'.encode()
    yield '{"messages": [{"role": "user", "content": "やあ"}, {"role": "assistant", "content": "はい"}]}\n'.encode()


def _files() -> Iterator[bytes]:
    yield "\0id,response\n1,ごきげんよう。\n".encode()
    yield '\2[{"instruction": "挨拶して", "input": "", "output": "はい"}]'.encode()
    yield '\2[{"conversations": [{"from": "human", "value": "やあ"}, {"from": "gpt", "value": "はい"}]}]'.encode()
    yield b"\0" + "instruction,output\nやあ,はい\n".encode("cp932")
    yield from (b"\3" + line for line in _lines())


def verdicts(data: bytes) -> None:
    """A judge's answer: a number only where the answer is one, on the rubric's scale."""
    rubric = load_rubric("character_v1")
    asked, text = [one.id for one in rubric.criteria], data[1:].decode("utf-8", "replace")
    body: object = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    protocol = ("json", "text")[data[0] % 2] if data else "json"
    if data[:1] >= b"\xf0":
        with suppress(ValueError):
            body = orjson.loads(text)
    verdict = read_completion(body if isinstance(body, dict) else {}, rubric, protocol, asked, ["ごきげんよう。"])
    assert set(verdict.scores) == (set(asked) if verdict.status in ("ok", "ungrounded") else set())
    assert all(score in rubric.points for score in verdict.scores.values())


def _answers() -> Iterator[bytes]:
    scores = '"tone": 6, "personality": 5, "facts": 7, "appropriateness": 6'
    answer = f'{{"reasoning": "資料と比べた。", "evidence": ["ごきげんよう"], {scores}}}'
    for text in (answer, f"```json\n{answer}\n```", f"<think>さて</think>{answer}"):
        yield b"\0" + text.encode()
    yield "\1口調: 6\n性格: 5\n設定: 7\n適切さ: 6\n".encode()
    yield b"\xf0" + orjson.dumps({"choices": [{"message": {"content": answer}, "finish_reason": "stop"}]})


def log_lines(data: bytes) -> None:
    """The log: damaged lines are no records, and what is sealed comes back."""
    for line in data.splitlines(keepends=True):
        record = parse_line(line)
        assert record is None or isinstance(record, dict)
        if record is not None:
            written = sealed(orjson.dumps(record))
            assert parse_line(written) == record
            place = len(data) % (len(written) - 2)
            damaged = written[:place] + bytes([written[place] ^ 1 << len(line) % 8]) + written[place + 1 :]
            assert parse_line(damaged) in (None, record)


def _log() -> Iterator[bytes]:
    for file in sorted(SHIPPED.glob("*/wal/*.jsonl"))[:2]:
        yield b"".join(file.read_bytes().splitlines(keepends=True)[:2])
    yield sealed('{"key":"a","text":"はい"}'.encode())


@cache
def _run() -> Path:
    return Path(shutil.copytree(next(iter(sorted(SHIPPED.iterdir()))), _folder() / "run"))


def run_directories(data: bytes) -> None:
    """A run whose manifest, status, summary or tables are whatever: it opens, or says why not."""
    files = ("manifest.json", "status.json", "summary.json", "samples.parquet", "scores.parquet")
    file = _run() / files[data[0] % 5 if data else 0]
    kept = file.read_bytes()
    file.write_bytes(data[1:])
    try:
        run = kikime.load_run(_run())
        for part in ("name", "manifest", "summary", "samples", "scores", "engine_notes"):
            with suppress(KikimeError):
                getattr(run, part)
    except KikimeError:
        pass
    finally:
        file.write_bytes(kept)


def _parts() -> Iterator[bytes]:
    for number, name in enumerate(("manifest.json", "status.json", "summary.json", "samples.parquet")):
        content = (next(iter(sorted(SHIPPED.iterdir()))) / name).read_bytes()
        yield bytes([number]) + content[:20_000]


@cache
def _renderer(name: str, form: str) -> Renderer:
    return Renderer(load_format(form), small(name), persona=_persona())


def rendering(data: bytes) -> None:
    """Prompts: no content yields a control token, and every content comes back from its tokens."""
    if len(data) < 2:
        return
    name, forms = NAMES[data[0] % len(NAMES)], [form for form in format_ids() if form != "native"]
    form = forms[data[1] % len(forms)]
    text = data[2:].decode("utf-8", "ignore")
    renderer = _renderer(name, form)
    said = f"あ{text}う"
    try:
        hostile = renderer.render([chat.system(said), chat.user(said), chat.assistant(said), chat.user(said)])
        benign = renderer.render([chat.system("あう"), chat.user("あう"), chat.assistant("あう"), chat.user("あう")])
    except KikimeError:
        return
    guarded = set(encoder_for(small(name)).guarded.values()) - {small(name).unk_token_id}
    ours, plain = ([i for i in each.token_ids or () if i in guarded] for each in (hostile, benign))
    assert sorted(ours) == sorted(plain), f"{form} with {name}: {ours} beside {plain}"
    if name in LOSSLESS:
        assert small(name).decode(hostile.token_ids, skip_special_tokens=False) == hostile.text


def _texts() -> Iterator[bytes]:
    for number, control in enumerate(all_control_strings()):
        yield bytes([number % len(NAMES), number % 43]) + f"やあ{control}はい".encode()


TARGETS = {
    "cards": Target(partial(_loaded, _card), partial(_bundled, "personas")),
    "suites": Target(partial(_loaded, load_suite), partial(_bundled, "suites")),
    "banks": Target(partial(_loaded, load_task), partial(_bundled, "banks")),
    "imports": Target(import_card, _cards),
    "score input": Target(score_input, _lines),
    "files": Target(files, _files),
    "judge output": Target(verdicts, _answers),
    "log": Target(log_lines, _log),
    "run directories": Target(run_directories, _parts),
    "rendering": Target(rendering, _texts),
}
