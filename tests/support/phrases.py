"""Every text template of the source: what errors and phrases are made from."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kikime.harness.core import errors
from kikime.harness.core.errors import KikimeError

ROOT = Path(__file__).parents[2]
_ROOMS = ("harness", "judges", "leaderboard", "kikime/cli", "kikime/workflows")
_POSITION = {"FileFormatError": 2, "problem_at": 1}


@dataclass(frozen=True)
class Made:
    """One place that makes a phrase or an error."""

    where: str
    texts: tuple[ast.expr, ...]
    """The template, and the hint's."""
    values: frozenset[str]
    open: bool
    """Whether some values are not named in the source (``**values``)."""

    def templates(self) -> list[str]:
        """The templates that are written out here."""
        return [
            node.value
            for text in self.texts
            for node in _branches(text)
            if isinstance(node, ast.Constant) and node.value
        ]

    def built(self) -> bool:
        """Whether a template is put together where it is used, so that no catalogue can have it."""
        kinds = (ast.JoinedStr, ast.BinOp)
        return any(isinstance(node, kinds) for text in self.texts for node in _branches(text))


def placeholders(template: str) -> set[str]:
    """Names of the values that a template needs."""
    return {name.partition(".")[0].partition("[")[0] for _, name, _, _ in string.Formatter().parse(template) if name}


@lru_cache(maxsize=1)
def made() -> list[Made]:
    """Every call in the source that makes a phrase or an error of ours."""
    files = [path for room in _ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    trees = {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in files}
    makers = {"Phrase", "problem_at", *_error_names(trees.values())}
    return [found for where, tree in trees.items() for found in _calls(where, tree, makers)]


def _error_names(trees: Iterator[ast.Module]) -> set[str]:
    names = {name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, KikimeError)}
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return names | {node.name for node in classes if names & {ast.unparse(base) for base in node.bases}}


def _calls(where: str, tree: ast.Module, makers: set[str]) -> Iterator[Made]:
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in makers):
            continue
        texts = [*call.args[_POSITION.get(call.func.id, 0) :][:1]]
        texts += [keyword.value for keyword in call.keywords if keyword.arg == "hint" and call.func.id != "Phrase"]
        values = frozenset(keyword.arg for keyword in call.keywords if keyword.arg and keyword.value not in texts)
        unnamed = any(keyword.arg is None for keyword in call.keywords)
        yield Made(f"{where}:{call.lineno}", tuple(texts), values, unnamed)


def _branches(text: ast.expr) -> Iterator[ast.expr]:
    if isinstance(text, ast.IfExp):
        yield from _branches(text.body)
        yield from _branches(text.orelse)
    else:
        yield text
