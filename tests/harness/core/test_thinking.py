"""Thinking told from speech, by tags of every shape."""

from __future__ import annotations

import pytest

from kikime.harness.core.thinking import declared_tags, has_thinking, split_thinking, thinking_at_the_end

SAID = "ごきげんよう。\n薔薇が咲きましたわ。"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<think>\n", "\n</think>\n\n"),
        ("<thinking>", "</thinking>"),
        ("<thought>\n", "</thought>\n"),
        ("<reasoning>", "</reasoning>\n"),
        ("<seed:think>", "</seed:think>"),
        ("<mm:think>", "</mm:think>"),
        ("<Think>", "</Think>"),
        ("[THINK]", "[/THINK]"),
        ("[REASONING]\n", "\n[/REASONING]\n"),
        ("◁think▷", "◁/think▷"),
        ("<|think|>", "<|/think|>"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|begin_of_thought|>\n", "\n<|end_of_thought|>\n"),
        ("<|think_start|>", "<|think_end|>"),
        ("<|inner_prefix|>", "<|inner_suffix|>"),
        ("<|channel>thought\n", "<channel|>"),
        ("<unused94>thought\n", "<unused95>"),
        ("<思考>", "</思考>"),
        ("Here is my thought process: ", "\nHere is my response: "),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("analysis", "assistantfinal"),
    ],
)
def test_thinking_is_taken_off(before: str, after: str) -> None:
    found = split_thinking(f"{before}相手は挨拶した。返す。{after}{SAID}")
    assert (found.speech, found.thinking, found.ended) == (SAID, "相手は挨拶した。返す。", True)


@pytest.mark.parametrize("begun", ["<think>", "[THINK]", "<seed:think>\n", "<|channel|>analysis<|message|>", "◁think▷"])
def test_thinking_that_never_ends_leaves_no_speech(begun: str) -> None:
    assert split_thinking(f"{begun}まず、") == ("", "まず、", False)


def test_an_end_without_a_beginning_ends_what_the_prompt_began() -> None:
    assert split_thinking(f"返す。\n</think>\n\n{SAID}") == (SAID, "返す。", True)
    assert split_thinking("返す。", opened=True) == ("", "返す。", False)
    assert split_thinking(f"<think>返す。</think>{SAID}", opened=True) == (SAID, "返す。", True)


def test_thinking_may_come_again() -> None:
    assert split_thinking("<think>一</think>やあ。<think>二</think>どうも。") == ("やあ。どうも。", "一\n二", True)


@pytest.mark.parametrize(
    "around", ["<answer>\n{}\n</answer>", "<response>{}</response>", "<|START_RESPONSE|>{}<|END_RESPONSE|>"]
)
def test_what_is_wrapped_around_an_answer_after_thinking_goes_too(around: str) -> None:
    assert split_thinking("<think>一</think>" + around.format(SAID)).speech.strip() == SAID


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        "",
        "  前の空白",
        "1 < 2 > 0 ですわ",
        "[思う]それは<b>良い</b>ですわ",
        "<dinner>はいかが？</dinner>",
        "<rethinking_it/>",
        "[think]と書いてありますわ",
        "analysisという英語は分析の意味ですわ",
        "Here is my answer: はい",
        "<answer>はい</answer>",
        "（考え中……）はい",
        "はい<think>",
    ],
)
def test_speech_without_thinking_stays_as_it_is(text: str) -> None:
    assert split_thinking(text) == (text, None, True)


def test_a_template_names_tags_of_its_own() -> None:
    template = "{% if '</musing>' in m.content %}{{ m.content.split('</musing>')[-1] }}{% endif %}"
    tags = declared_tags(template)
    assert tags == {"</musing>"}
    assert split_thinking(f"<musing>ふむ</musing>{SAID}", tags=tags) == (SAID, "ふむ", True)
    assert split_thinking(f"<musing>ふむ</musing>{SAID}").thinking is None
    assert thinking_at_the_end("<|assistant|><musing>\n", tags) is True


@pytest.mark.parametrize(
    ("end", "opens"),
    [
        ("<|im_start|>assistant\n<think>\n", True),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", False),
        ("[INST]やあ[/INST][THINK]", True),
        ("<|start|>assistant<|channel|>analysis<|message|>", True),
        ("### Response:\n", None),
        ("<think>を説明して。\nASSISTANT:", None),
    ],
)
def test_a_prompt_may_open_the_thinking_or_close_it(end: str, opens: bool | None) -> None:
    assert thinking_at_the_end(f"<s>長い前置き。{end}") is opens


def test_a_template_that_knows_of_thinking_says_so() -> None:
    assert has_thinking("{% if enable_thinking %}{{ '<think>\\n\\n</think>' }}{% endif %}")
    assert has_thinking("{{ content.split('[/MUSE]')[-1] }}")
    assert not has_thinking("{% for m in messages %}{{ m.content }}{% endfor %}")
