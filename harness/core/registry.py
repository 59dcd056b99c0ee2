"""Parts by reference: the id of a bundled one, a path, or the name of an installed package's entry point.

A kind of part is one :class:`Parts`; a room declares it beside the part's type and asks it for everything::

    RUBRICS = Parts("rubric", Rubric, lambda: {p.stem: p for p in _FOLDER.glob("*.yaml")}, load=read_rubric)

    RUBRICS.ids()                                  # bundled and installed, sorted
    RUBRICS.find("characterchat")                  # a bundled or an installed one
    RUBRICS.find("my/rubric.yaml", folder)         # a file, relative to the folder of the file that names it
    RUBRICS.resolve("my/rubric.yaml", folder)      # only checks: "/abs/my/rubric.yaml"; an id stays an id

Parts that are code, such as metrics, reports and pages, are files of one Python module; ``load`` then is
``python_file("METRIC", Metric)``: the name and type of the record that ``my_metric.py`` holds::

    METRICS = Parts("metric", Metric, bundled_metrics, load=python_file("METRIC", Metric), suffixes=(".py",))

A package brings a part by an entry point of the group ``kikime.<kind>s``; its name is the part's id, its object the
part itself, or a ``pathlib.Path`` of a file for ``load``::

    [project.entry-points."kikime.metrics"]
    exclamations = "kikime_plugin.exclamations:METRIC"

Within a validator of a YAML model use :func:`checked`: it words a failure as pydantic wants it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from kikime.harness.core.errors import FileFormatError, KikimeError, UsageError
from kikime.harness.core.hashing import digest
from kikime.harness.core.names import or_known

Part = TypeVar("Part")


@lru_cache(maxsize=32)
def installed(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name; the first of two with one name counts, as in Python's search path."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        found.setdefault(point.name, point)
    return found


@dataclass(frozen=True)
class Parts(Generic[Part]):
    """One kind of part, and where its parts are found."""

    kind: str
    """What a message calls it (a phrase); the entry points' group is ``kikime.<kind>s``."""
    part: type[Part]
    """What a loaded part is an instance of."""
    bundled: Callable[[], Mapping[str, Part | Path]]
    """The parts that come with kikime by id: parts, or files that ``load`` reads."""
    load: Callable[[Path], Part]
    """Reads a part from a file; raises a :class:`~kikime.harness.core.errors.FileFormatError` with the line."""
    suffixes: tuple[str, ...] = (".yaml", ".yml")
    """A reference that ends so is a path."""

    plural: str = ""
    """Names the entry points' group where that is not ``<kind>s``."""

    @property
    def group(self) -> str:
        """The entry points' group."""
        return f"kikime.{self.plural or f'{self.kind}s'}"

    def ids(self) -> list[str]:
        """Ids of the bundled and the installed parts, sorted."""
        return sorted({*self.bundled(), *installed(self.group)})

    def is_path(self, reference: str) -> bool:
        """Whether the reference names a file."""
        return reference.endswith(self.suffixes)

    def resolve(self, reference: str, folder: Path | None = None) -> str:
        """The reference as it can be used from anywhere: an id, or the absolute path of a file that exists.

        ``folder``: where relative paths begin, by default the working folder.

        Raises:
            UsageError: neither a known id nor a file; the nearest ids are named.
        """
        if self.is_path(reference):
            path = ((folder or Path()) / reference).absolute()
            if not path.is_file():
                raise UsageError("no such {kind} file: {path}", kind=self.kind, path=path)
            return str(path)
        known = self.ids()
        if reference not in known:
            raise UsageError(
                "no {kind} '{reference}'{meant}",
                hint="or give the path of a {suffix} file, or install a package with an entry point '{group}'",
                kind=self.kind,
                reference=reference,
                meant=or_known(reference, known),
                suffix=self.suffixes[0],
                group=self.group,
            )
        return reference

    def find(self, reference: str, folder: Path | None = None) -> Part:
        """Load the part that the reference names.

        Raises:
            UsageError: no such part, or an installed package's part that cannot be loaded.
            FileFormatError: the part's file is wrong; with the line.
        """
        where = self.resolve(reference, folder)
        if self.is_path(where):
            return self.load(Path(where))
        bundled = self.bundled()
        found = bundled[where] if where in bundled else self._installed(installed(self.group)[where])
        return self.load(found) if isinstance(found, Path) else found

    def all(self) -> dict[str, Part]:
        """Every bundled and installed part by id, the bundled ones first and in their order."""
        return {name: self.find(name) for name in dict.fromkeys([*self.bundled(), *installed(self.group)])}

    def _installed(self, point: EntryPoint) -> Part | Path:
        package = point.dist.name if point.dist else point.value
        try:
            found = point.load()
        except Exception as error:
            raise UsageError(
                "the {kind} '{name}' of the package {package} cannot be loaded: {error}: {reason}",
                hint="mend its entry point ({entry}) or uninstall {package}",
                kind=self.kind,
                name=point.name,
                package=package,
                error=type(error).__name__,
                reason=error,
                entry=point.value,
            ) from error
        if isinstance(found, (Path, self.part)):
            return found
        raise UsageError(
            "the {kind} '{name}' of the package {package} is a {found}",
            hint="{entry} must be a {wanted}, or the Path of a file that holds one",
            kind=self.kind,
            name=point.name,
            package=package,
            found=type(found).__name__,
            entry=point.value,
            wanted=self.part.__name__,
        )


def python_file(name: str, part: type[Part]) -> Callable[[Path], Part]:
    """A loader of parts that are code: runs a Python file and takes what it calls ``name``.

    Raises (when it loads):
        FileFormatError: the file raises (with the line), or its ``name`` is not there or not a ``part``.
    """

    def load(path: Path) -> Part:
        found = getattr(_module(path), name, None)
        if not isinstance(found, part):
            raise FileFormatError(
                path,
                None,
                "{name} = {wanted}(…) is needed here, not {found!r:.80}",
                name=name,
                wanted=part.__name__,
                found=found,
            )
        return found

    return load


def _module(path: Path) -> ModuleType:
    """Run a Python file as a module of its own."""
    name = f"kikime_part_{digest('part', str(path))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileFormatError(path, None, "not a Python file")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except KikimeError:
        raise
    except Exception as error:
        raise FileFormatError(
            path, _line_in(path, error), "{error}: {reason}", error=type(error).__name__, reason=error
        ) from error
    return module


def _line_in(path: Path, error: BaseException) -> int | None:
    """The last line of the file that the error went through."""
    line: int | None = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def checked(parts: Parts[Part], reference: str, folder: Path | None) -> str:
    """:meth:`Parts.resolve` for a validator of a model.

    Raises:
        ValueError: no such part.
    """
    try:
        return parts.resolve(reference, folder)
    except UsageError as error:
        raise ValueError(error.message) from None
