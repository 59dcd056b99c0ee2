from __future__ import annotations

from kikime.harness.prompts import all_control_strings, all_role_markers, known_formats, line_start_markers


def test_role_markers_of_all_families():
    wanted = {
        "USER:",
        "ASSISTANT:",
        "Bob:",
        "Alice:",
        "ユーザー:",
        "システム:",
        "設定:",
        "### Instruction:",
        "### 応答:",
    }
    assert wanted <= set(line_start_markers(known_formats())) <= set(all_role_markers())


def test_tags_and_tokens_are_no_line_start_markers():
    assert not any(marker.startswith(("<", "[")) for marker in line_start_markers(known_formats()))


def test_control_strings_include_tokens_and_leave_out_words():
    controls = set(all_control_strings())
    assert {"<|im_end|>", "[/INST]", "</s>", "<start_of_turn>", "</voiceline>", "<<SYS>>"} <= controls
    assert not controls & set(line_start_markers(known_formats()))
    assert all(control.strip() for control in controls)


def test_longest_first():
    for strings in (all_control_strings(), all_role_markers()):
        assert list(map(len, strings)) == sorted(map(len, strings), reverse=True)
