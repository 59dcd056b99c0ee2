"""Write the docs' tables from the code into ``docs/reference``: ``python tools/write_reference.py`` (``make docs`` does)."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import kikime
from kikime.cli import main as command
from kikime.harness.metrics.registry import bundled_metrics
from kikime.harness.words.catalogue import by_text, use_language
from kikime.workflows import library

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
LANGUAGES = {"en": "", "ja": ".ja"}
HEADS = {
    "metrics": {
        "en": ("Metrics", "name | in tables | what it measures | better | values | version"),
        "ja": ("指標", "名前 | 表での名前 | 測るもの | 良い向き | 値 | 版"),
    },
    "formats": {
        "en": ("Formats", "id | format | ends a turn with | speakers | stop strings | taken from"),
        "ja": ("書式", "ID | 書式 | 発話の終わり | 話者の数 | 停止文字列 | 出典"),
    },
    "commands": {"en": ("Commands", ""), "ja": ("コマンド", "")},
}
DIRECTIONS = {
    "en": {"higher": "higher", "lower": "lower", "none": "—"},
    "ja": {"higher": "高", "lower": "低", "none": "—"},
}


def main() -> None:
    """Replace the pages; those that no table makes any more stay away."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for former in FOLDER.glob("*.md"):
        former.unlink()
    for language, suffix in LANGUAGES.items():
        for name, lines in (("metrics", metrics(language)), ("formats", formats(language))):
            title, head = HEADS[name][language]
            rule = "|" + "---|" * (head.count("|") + 1)
            _write(f"{name}{suffix}", "\n".join([f"# {title}", "", f"| {head} |", rule, *lines]))
        title, _ = HEADS["commands"][language]
        _write(f"commands{suffix}", "\n\n".join([f"# {title}", *commands(language)]))
    _write("python", "\n\n".join(["# Python", *python()]))


def metrics(language: str) -> Iterator[str]:
    """One row per bundled metric."""
    for metric in bundled_metrics().values():
        short = metric.short_ja if language == "ja" else metric.short_en
        meaning = metric.ja if language == "ja" else metric.en
        low, high = (0, 1) if metric.kind == "binary" else (metric.low, metric.high)
        scale = "0, 1" if metric.kind == "binary" else f"{_bound(low, '−∞')} … {_bound(high, '∞')}"
        yield _row(f"`{metric.name}`", short, meaning, DIRECTIONS[language][metric.direction], scale, metric.version)


def formats(language: str) -> Iterator[str]:
    """One row per bundled format, from its sidecar."""
    japanese = by_text("ja", "formats") if language == "ja" else {}
    for name, entry in sorted(library.formats().items()):
        stops = " ".join(f"`{stop!r}`" for stop in entry.stop) or "—"
        title = japanese.get(entry.title, entry.title)
        source = japanese.get(entry.source.citation, entry.source.citation)
        yield _row(f"`{name}`", title, f"`{entry.eot!r}`" if entry.eot else "—", entry.n_roles or "∞", stops, source)


def commands(language: str) -> Iterator[str]:
    """The help of every command, as the command prints it."""
    for path in sorted(_paths(command, click.Context(command))):
        said = helped([*path, "--help", "--lang", language])
        yield f"## kikime {' '.join(path)}".rstrip()
        yield f"```text\n{said.rstrip()}\n```"


def python() -> Iterator[str]:
    """Directives of mkdocstrings for what ``import kikime`` exports."""
    yield "What `import kikime` offers; errors are raised where the commands exit."
    for name in kikime.__all__:
        if name in kikime._HOMES:  # noqa: SLF001 - where each export lives
            yield f"::: {kikime._HOMES[name]}.{name}"  # noqa: SLF001


def helped(arguments: list[str]) -> str:
    """What a command prints, run in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        command(arguments)
    use_language(None)
    return out.getvalue()


def _paths(owner: click.Command, context: click.Context, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(owner, click.Group):
        for name in owner.list_commands(context):
            below = owner.get_command(context, name)
            if below and not below.hidden:
                yield from _paths(below, click.Context(below, parent=context, info_name=name), *path, name)


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _bound(value: float | None, none: str) -> str:
    return none if value is None else f"{value:g}"


def _write(name: str, text: str) -> None:
    (FOLDER / f"{name}.md").write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ["COLUMNS"] = "100"
    sys.exit(main())
