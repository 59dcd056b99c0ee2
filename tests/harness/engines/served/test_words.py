"""A server's own words."""

from __future__ import annotations

import pytest

from kikime.harness.engines.served.words import one_line, server_words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"error": {"message": "no such model", "code": 404}}', "no such model"),
        (b'{"detail": [{"loc": ["body", "seed"], "msg": "not an integer"}]}', "body.seed; not an integer"),
        (b'{"errors": [{"message": "a"}, {"message": "a"}, {"message": "b"}]}', "a; b"),
        (b'{"title": "Forbidden", "status": 403}', "Forbidden"),
        (b'{"choices": []}', ""),
        (b"<html><script>var x = 1;</script><p>Bad\n  Gateway</p></html>", "Bad Gateway"),
        ("上限です".encode(), "上限です"),
        (b"\xff\xfe", "��"),
    ],
)
def test_what_a_body_says_of_an_error(content, words):
    assert server_words(content) == words


def test_words_are_one_line_of_at_most_300_characters():
    assert one_line("a\n b\t c" + " d" * 400) == ("a b c" + " d" * 400)[:300]
