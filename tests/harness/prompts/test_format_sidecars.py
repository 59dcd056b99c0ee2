from __future__ import annotations

import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.files.yamlfile import load_yaml
from kikime.harness.prompts import Format, format_ids, load_format
from kikime.harness.prompts.format import FORMATS

WANTED = [
    "alpaca",
    "alpaca_stanford",
    "alpaca_input",
    "alpaca_input_noeos",
    "alpaca_ja",
    "vicuna",
    "vicuna_newline",
    "rinna_bilingual",
    "rinna_nl",
    "rinna_youri",
    "rwkv_raven",
    "rwkv_raven_user",
    "rwkv_world",
    "llama2",
    "llama2_talk",
    "mistral_v1",
    "mistral_v1_talk",
    "mistral_v3",
    "mistral_v3_talk",
    "mistral_tekken",
    "mistral_v7",
    "llama3",
    "gemma",
    "chatml",
    "phi3",
    "command_r",
    "qwen3",
    "gemma4",
    "llama4",
    "mistral_v11",
    "phi4",
    "phi4_mini",
    "command_a",
    "deepseek_v3",
    "deepseek_v31",
    "glm4",
    "gpt_oss",
    "llm_jp_3",
    "llm_jp_4",
    "sarashina2",
    "aines_v3",
    "plain",
    "native",
]


def test_all_formats_are_there():
    assert format_ids() == sorted(WANTED)


@pytest.mark.parametrize("format_id", WANTED)
def test_sidecar_and_template_agree(format_id: str):
    form = load_format(format_id)
    assert form.source.citation
    assert form.source.url or form.source.kind == "own" or format_id == "native"
    assert FORMATS.bundled()[format_id].with_suffix(".jinja").exists() == (format_id != "native") == bool(form.template)
    assert all(marker in form.template or "message['role']" in form.template for marker in form.markers)


@pytest.mark.parametrize("format_id", WANTED)
def test_every_tag_trims_its_white_space(format_id: str):
    template = load_format(format_id).template
    assert template.count("{%") == template.count("{%-")
    assert template.count("%}") == template.count("-%}")
    assert template.count("{{") == template.count("{{-")
    assert template.count("}}") == template.count("-}}")


def test_hashes_differ():
    assert len({load_format(format_id).hash for format_id in format_ids()}) == len(WANTED)


def test_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'vicuna_newline'"):
        load_format("vicuna_newlin")


def test_undeclared_loss_is_refused(tmp_path):
    source = FORMATS.bundled()["rwkv_raven"].read_text("utf-8")
    broken = tmp_path / "rwkv_raven.yaml"
    broken.with_suffix(".jinja").write_text("{{ messages[0]['content'] }}", encoding="utf-8")
    broken.write_text("\n".join("lossy: []" if line.startswith("lossy") else line for line in source.splitlines()))
    with pytest.raises(FileFormatError, match="belong together"):
        load_yaml(broken, Format)


def test_rinna_reply_gets_its_newlines_back():
    assert load_format("rinna_nl").read_reply("はい。<NL>いいえ。") == "はい。\nいいえ。"
    assert load_format("chatml").read_reply("<NL>") == "<NL>"
