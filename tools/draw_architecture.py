"""Draw the pages on the architecture from the code: ``python tools/draw_architecture.py``.

The picture of both languages, and of the English page the list of rooms, whose sentences are the docstrings of their packages.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE, JAPANESE = ROOT / "docs" / "architecture.md", ROOT / "docs" / "architecture.ja.md"
MARK = "<!-- {} of drawing: python tools/draw_architecture.py -->"
PACKAGE = "kikime"
ROOFED = ("leaderboard", "judges", "harness")
"""Packages whose own rooms are drawn."""

Arrows = Mapping[str, set[str]]


def main() -> None:
    """Replace what is drawn on the pages."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    for path in (PAGE, JAPANESE):
        path.write_text(drawn(path, graph), encoding="utf-8")


def drawn(path: Path, graph: grimp.ImportGraph) -> str:
    """A page with the picture of today's imports.

    Raises:
        ValueError: the page lacks a mark.
    """
    begin, end = MARK.format("begin"), MARK.format("end")
    before, rest = path.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    shown = [_picture(graph)] if path == JAPANESE else [_picture(graph), _rooms(graph)]
    return "\n".join([f"{before}{begin}\n", *shown, f"{end}{after}"])


def arrows(graph: grimp.ImportGraph, container: str) -> Arrows:
    """Imports between the direct children of a package, as child → children that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for importer in graph.find_descendants(container):
        for imported in graph.find_modules_directly_imported_by(importer):
            if imported.startswith(f"{container}."):
                above, below = _child(importer, container), _child(imported, container)
                found[above] |= {below} - {above}
    return found


def without_detours(arrows: Arrows) -> list[tuple[str, str]]:
    """The arrows that no longer way says too."""
    reached: dict[str, set[str]] = {}
    for room in TopologicalSorter(arrows).static_order():
        below = arrows.get(room, set())
        reached[room] = below.union(*(reached[other] for other in below))
    return sorted(
        (room, other)
        for room, below in arrows.items()
        for other in below
        if not any(other in reached[way] for way in below)
    )


def _picture(graph: grimp.ImportGraph) -> str:
    lines = ["```mermaid", "flowchart TD"]
    top = arrows(graph, PACKAGE)
    for name in ROOFED:
        container = f"{PACKAGE}.{name}"
        rooms = sorted(module for module in graph.find_children(container) if graph.find_children(module))
        lines += [f"  subgraph {name}", *(f"    {name}_{_last(room)}[{_last(room)}]" for room in rooms)]
        inside = without_detours(arrows(graph, container))
        lines += [f"    {name}_{above} --> {name}_{below}" for above, below in inside if _are(rooms, above, below)]
        lines += ["  end"]
    lines += [f"  {above} --> {below}" for above, below in without_detours(top) if not above.startswith("__")]
    return "\n".join([*lines, "  harness --> tasks[(tasks: data)]", "```", ""])


def _rooms(graph: grimp.ImportGraph) -> str:
    lines = ["| room | what it is for |", "|---|---|"]
    for container in (PACKAGE, *(f"{PACKAGE}.{name}" for name in ROOFED)):
        rooms = sorted(room for room in graph.find_children(container) if graph.find_children(room))
        inner = [room for room in rooms if _last(room) not in ROOFED]
        lines += [f"| `{room.removeprefix(f'{PACKAGE}.')}` | {_sentence(room)} |" for room in inner]
    return "\n".join([*lines, ""])


def _sentence(package: str) -> str:
    path = ROOT / package.replace(".", "/") / "__init__.py"
    described = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return described.splitlines()[0].replace("``", "`") if described else ""


def _are(rooms: list[str], *names: str) -> bool:
    return set(names) <= set(map(_last, rooms))


def _child(module: str, container: str) -> str:
    return module.removeprefix(f"{container}.").partition(".")[0]


def _last(module: str) -> str:
    return module.rpartition(".")[2]


if __name__ == "__main__":
    main()
