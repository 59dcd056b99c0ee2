import ast
import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kikime import leaderboard
from kikime.leaderboard.page.download import as_csv, as_markdown
from kikime.leaderboard.page.marks import diff_html, marked_html

ROOT = Path(leaderboard.__file__).parent
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


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200b=1"])
def test_no_cell_is_a_formula(cell):
    read = list(csv.reader(io.StringIO(as_csv([{"reply": cell}]).decode("utf-8-sig"), newline="")))
    assert read[1][0] == f"'{cell}"


def test_csv_starts_with_a_byte_order_mark():
    assert as_csv([{"あ": 1}]).startswith(b"\xef\xbb\xbf")


def test_a_markdown_cell_stays_a_cell():
    text = as_markdown([{"reply": "a|b\n# c ![x](http://y) <script> `z`"}]).decode()
    row = text.splitlines()[2]
    assert len(re.findall(r"(?<!\\)\|", row)) == 2
    assert "<script>" not in row
    assert "![x](" not in row


def test_only_safe_and_fixed_texts_reach_markdown():
    """No module of the page calls an interpreting element except with texts of the page."""
    forbidden = {"markdown", "write", "html", "latex", "write_stream", "exception"}
    for path in ROOT.rglob("*.py"):
        if path.name in {"safe.py", "report.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
            ):
                assert not (node.func.value.id == "st" and node.func.attr in forbidden), f"{path}:{node.lineno}"
                assert "unsafe_allow_html" not in {keyword.arg for keyword in node.keywords}


def test_elements_that_interpret_get_translated_texts_only():
    """Their first argument is t(…), a sum or f-string of such, or a name that is documented as a text of the page."""
    interpreting = {"caption", "info", "warning", "error", "success", "subheader", "title", "header", "toast"}
    for path in (ROOT / "views").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "st" and node.func.attr in interpreting
            ):  # fmt: skip
                calls = [n for n in ast.walk(node.args[0]) if isinstance(n, ast.Call)]
                assert any(getattr(c.func, "id", "") == "t" for c in calls), f"{path}:{node.lineno}"
