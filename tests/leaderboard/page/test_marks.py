import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as some

from kikime.leaderboard.page.marks import bubbles_html, diff_html, marked_html

TAGS = {"div", "mark", "sup", "span", "ins", "del"}


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.text = set(), []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style"}

    def handle_data(self, data):
        self.text.append(data)


@given(some.text(max_size=60), some.lists(some.tuples(some.integers(0, 60), some.integers(0, 60)), max_size=4))
def test_marks_are_the_only_tags(text, spans):
    spans = [(min(span), max(span)) for span in spans]
    assert Reader(marked_html(text, {"a<b>": spans}, {"a<b>": "<img src=x>"})).tags <= TAGS


@given(some.text(max_size=40), some.text(max_size=40))
def test_differences_are_the_only_tags(a, b):
    for part in diff_html(a, b):
        assert Reader(part).tags <= TAGS


@given(some.text(alphabet="abcあい<>&\"'`\n", max_size=40), some.text(alphabet="abcあい<>&\"'`\n", max_size=40))
def test_a_difference_keeps_both_texts(a, b):
    assert ["".join(Reader(part).text) for part in diff_html(a, b)] == [a, b]


@given(some.text(alphabet="abcあ<>&\n", max_size=40), some.integers(0, 40), some.integers(0, 40))
def test_marks_keep_the_text(text, start, end):
    shown = marked_html(text, {"m": [(min(start, end), max(start, end))]}, {"m": "L"})
    body = re.sub(r"<sup>.*?</sup>", "", shown.split("</div>")[0])
    assert "".join(Reader(body).text) == text


def test_invisible_characters_are_named():
    assert "[U+202E]" in marked_html("a\u202eb", {}, {})


def test_bubbles_hold_texts_as_they_are():
    found = bubbles_html([(True, "ユーザー", "<b>\u200b"), (False, "役", "はい")])
    assert "<b>" not in found
    assert "&lt;b&gt;" in found
    assert "[U+200B]" in found
    assert found.index("ユーザー") < found.index("はい")
