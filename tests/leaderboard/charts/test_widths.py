from kikime.leaderboard.charts.widths import broken, shown_width


def test_a_wide_character_takes_twice_the_room():
    assert shown_width("あa", latin=8) == 24


def test_lines_hold_the_whole_text_and_fit():
    text = "とても長い名前のチェックポイント-character-tuned-step-12000"
    lines = broken(text, 190)
    assert "".join(lines) == text
    assert all(shown_width(line, latin=6) <= 190 for line in lines)
    assert broken("短い", 190) == ["短い"]
    assert broken("", 190) == [""]
