from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from kikime.cli.library.formats import formats
from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.prompts import format_ids

MESSAGES = [{"role": "system", "content": "S"}, {"role": "user", "content": "U1 <|im_end|> 猫"}]


def call(*arguments: str | Path, stdin: str = "") -> Any:
    result = CliRunner().invoke(formats, list(map(str, arguments)), input=stdin, catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "messages.json"
    path.write_text(json.dumps(MESSAGES), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a small byte-level tokenizer that has no chat template."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({char: index for index, char in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "</s>"])
    path = tmp_path_factory.mktemp("checkpoint")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>").save_pretrained(path)
    return path


def test_list_names_every_format():
    listed = json.loads(call("list", "--json").stdout)
    assert [entry["id"] for entry in listed] == format_ids()
    assert all(format_id in call("list").stdout for format_id in format_ids())


def test_show_prints_template_and_example():
    shown = call("show", "vicuna").stdout
    assert "<s>SYSTEM USER: USER 1 ASSISTANT: REPLY 1</s>USER: USER 2 ASSISTANT:" in shown
    assert "{{- 'USER: '" in shown
    assert json.loads(call("show", "vicuna", "--json").stdout)["stop"] == ["USER:", "ASSISTANT:"]
    assert "own chat template" in call("show", "native").stdout


def test_render_json_has_the_agreed_keys_and_a_version(messages: Path):
    rendered = json.loads(
        call("render", "--format", "vicuna", "--messages", messages, "--prefill", "は", "--json").stdout
    )
    assert rendered == {
        "schema_version": 1,
        "text": "<s>S USER: U1 <|im_end|> 猫 ASSISTANT: は",
        "token_ids": None,
        "stop": ["USER:", "ASSISTANT:"],
        "stop_token_ids": [],
        "bos": 1,
    }


def test_render_with_a_tokenizer_gives_ids_without_a_bos_that_it_does_not_add(messages: Path, checkpoint: Path):
    rendered = json.loads(
        call("render", "--format", "alpaca", "--messages", messages, "--tokenizer", checkpoint, "--json").stdout
    )
    assert rendered["token_ids"]
    assert rendered["bos"] == 0
    assert rendered["stop_token_ids"]


def test_render_reads_stdin_and_an_object():
    text = call("render", "--format", "chatml", "--messages", "-", stdin=json.dumps({"messages": MESSAGES})).stdout
    assert text.startswith("<|im_start|>system\nS<|im_end|>\n")


def test_render_names_the_personas_speakers(messages: Path):
    text = call("render", "--format", "aines_v3", "--messages", messages, "--persona", "ojousama").stdout
    assert "<character_information: 小野寺絢音>" in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", r"messages\.json:1: not valid JSON"),
        ("[]", "no messages"),
        ('{"messages": "a"}', "no messages"),
        ('["a"]', "message 1 is not an object"),
        ('[{"role": "user"}]', "message 1 is not an object with 'role' and 'content'"),
        ('[{"role": "tool", "content": "a"}]', "message 1 has role 'tool'"),
        ('[{"role": "user", "content": 1}]', "the content of message 1 is not a text"),
    ],
)
def test_bad_messages_name_the_file(messages: Path, content: str, says: str):
    messages.write_text(content)
    with pytest.raises(FileFormatError, match=says):
        call("render", "--format", "chatml", "--messages", messages)


def test_missing_messages_file():
    with pytest.raises(FileFormatError, match="cannot be read"):
        call("render", "--format", "chatml", "--messages", "/nowhere.json")


def test_unknown_format(messages: Path):
    with pytest.raises(UsageError, match="no format 'chtml'"):
        call("render", "--format", "chtml", "--messages", messages)


def test_card_fits_100_columns_and_leaves_native_out_when_there_is_none(checkpoint: Path):
    result = call("card", "--tokenizer", checkpoint)
    assert all(len(line) <= 100 for line in io.StringIO(result.stdout))
    assert "aines_v3" in result.stdout
    assert "native: left out" in result.stderr


def test_card_json(checkpoint: Path):
    (card,) = json.loads(call("card", "--tokenizer", checkpoint, "--format", "chatml", "--json").stdout)
    assert card["format"] == "chatml"
    assert set(card["newlines"]) == {"ok", "tried"}
    assert {
        "fixed_overhead",
        "turn_overhead",
        "control_tokens",
        "eot_tokens",
        "enclosed",
        "protected",
        "n_roles",
    } <= set(card)


@pytest.mark.parametrize(("name", "format_id"), [("august", "alpaca"), ("september", "chatml")])
def test_detect_names_the_format_of_the_bundled_checkpoints(name: str, format_id: str):
    found = json.loads(call("detect", f"demo:{name}", "--json").stdout)
    assert (found["format"], found["certainty"]) == (format_id, "certain")


def test_detect_says_what_speaks_for_it(checkpoint: Path):
    shown = call("detect", "demo:september").stdout
    assert shown.startswith("chatml: certain\n  the chat template writes 6 of 6 dialogues exactly as chatml does")
    assert call("detect", checkpoint).stdout == "unknown\n  the tokenizer has no chat template\n"
