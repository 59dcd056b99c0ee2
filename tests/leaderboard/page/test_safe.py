import ast
from pathlib import Path

from kikime import leaderboard

ROOT = Path(leaderboard.__file__).parent


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
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "st"
                and node.func.attr in interpreting
            ):
                calls = [n for n in ast.walk(node.args[0]) if isinstance(n, ast.Call)]
                assert any(getattr(c.func, "id", "") == "t" for c in calls), f"{path}:{node.lineno}"
