"""Every metric that kikime knows: the bundled ones, and those that a bank names by path or entry point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from pkgutil import iter_modules
from typing import cast

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts, python_file
from kikime.harness.metrics import answers, leaks, length, repeats, thinking, voice
from kikime.harness.metrics.metric import Metric

QUALITY = "quality"
"""Name of the derived quality of a reply, which reports compute; see ``reports/tables/areas.yaml``."""

CRITICAL_FAILURE = Metric(
    name="critical_failure",
    kind="binary",
    direction="lower",
    group="critical",
    ja="致命的な失敗が一つ以上ある",
    en="at least one critical failure",
    short_ja="致命的な失敗",
    version="rules/7",
    function=None,
)
"""Whether any metric of :data:`CRITICAL` is 1."""

_ROOMS = (answers, leaks, repeats, voice)
"""Packages of whose modules each may hold ``METRICS``."""
_ORDER = (
    *("length_chars", "length_fit", "length_closeness", "sentences", "sentence_fit", "newlines"),
    *("speech", "eligible_sentences", "marker_sentences", "marker_rate", "style_level"),
    *("marker_spam", "style_band"),
    *("first_person_used", "first_person_ok", "second_person_ok", "forbidden_terms", "polite_ratio", "missing_kuten"),
    *("narration_share", "narration_ok"),
    "language_addressed",
    *("no_eos", "stop_by_string", "turn_leak", "template_leak", "role_confusion", "placeholder_leak", "language_leak"),
    *("repetition", "loop", "self_repetition", "fewshot_copy", "prompt_echo"),
    *("assistant_boilerplate", "boilerplate_reply", "garbage", "empty", "critical_failure"),
    *(
        "fact_correct",
        "fact_wrong",
        "abstained",
        "declined",
        "hallucinated",
        "complied",
        "over_refusal",
        "profile_used",
        "constraint_ok",
        "constraint_ok_loose",
    ),
    *("reasoning_chars", "reasoning_unfinished"),
    *("reasoning_leak", "label_correct", "label_margin", "probe_shift", "probe_new_first"),
)
"""Order of tables; metrics that are not in it follow."""


def bundled_metrics() -> dict[str, Metric]:
    """The metrics that come with kikime, by name, in the order of tables."""
    rooms = [import_module(f"{room.__name__}.{found.name}") for room in _ROOMS for found in iter_modules(room.__path__)]
    families = [getattr(module, "METRICS", ()) for module in (length, thinking, *rooms)]
    records: list[Metric] = [*chain.from_iterable(families), CRITICAL_FAILURE]
    place = {name: number for number, name in enumerate(_ORDER)}
    return {metric.name: metric for metric in sorted(records, key=lambda metric: place.get(metric.name, len(place)))}


Described = Mapping[str, Mapping[str, object]]
"""Metrics by name as :meth:`Metrics.describe` writes them."""


class Metrics(Mapping[str, Metric]):
    """The known metrics by name: the bundled ones in the order of tables, then those that were loaded or read of."""

    def __init__(self, bundled: Mapping[str, Metric]) -> None:
        self.bundled = bundled
        self._known = dict(bundled)
        self._sources: dict[str, str] = {}
        self._parts = Parts(Phrase("metric"), Metric, lambda: bundled, python_file("METRIC", Metric), suffixes=(".py",))

    def __getitem__(self, name: str) -> Metric:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def load(self, reference: str, folder: Path | None = None) -> Metric:
        """The metric of a reference: a name, a ``.py`` file that holds ``METRIC = Metric(…)``, or an entry point.

        Args:
            reference: what a bank's ``metrics`` list says.
            folder: where relative paths begin, by default the working folder.

        Raises:
            UsageError: no such metric, its function is not there, or another one has its name.
            FileFormatError: the file is wrong; with the line.
        """
        own = self._known.get(reference)
        if own is not None and (reference in self.bundled or own.function is not None):
            return own
        source = self._parts.resolve(reference, folder)
        metric = self._parts.find(source)
        before = self._sources.get(metric.name)
        if metric.name in self.bundled or before not in {None, source}:
            other = "a bundled metric" if metric.name in self.bundled else f"the metric of {before}"
            raise UsageError(
                "{reference}: {other} is called '{metric}' too",
                hint="give one of them another name",
                reference=reference,
                other=other,
                metric=metric.name,
            )
        if metric.critical:
            raise UsageError(
                "{reference}: only bundled metrics are critical", hint="leave out critical=True", reference=reference
            )
        self._known[metric.name] = metric
        self._sources[metric.name] = source
        return metric

    def describe(self, name: str) -> dict[str, str | float | list[str] | None]:
        """A metric as a manifest holds it: its record without functions, and ``source``, what it was loaded from."""
        metric = self._known[name]
        record = {field.name: getattr(metric, field.name) for field in fields(metric)}
        kept = {key: list(value) if isinstance(value, tuple) else value for key, value in record.items()}
        return {key: value for key, value in kept.items() if not callable(value) and key != "spans"} | {
            "source": self._sources.get(name, name)
        }

    def learn(self, described: Described) -> None:
        """Take over what a manifest says of metrics that are not known here, so that their values can be shown.

        No code is loaded: the run may be anybody's.
        """
        for name, record in described.items():
            if name not in self._known:
                self._known[name] = _without_function(record)

    def recover(self, described: Described) -> None:
        """Load a manifest's own metrics again from where they were loaded, to measure with them.

        Raises:
            UsageError: a metric is not there any more.
            FileFormatError: its file is wrong; with the line.
        """
        for name, record in described.items():
            found = self.load(str(record["source"]))
            if found.name != name:
                raise UsageError(
                    "{source}: holds the metric '{found}', but the run has '{name}'",
                    source=record["source"],
                    found=found.name,
                    name=name,
                )


def _without_function(record: Mapping[str, object]) -> Metric:
    known = {field.name for field in fields(Metric)} - {"function", "spans"}
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in record.items() if key in known}
    make = partial(Metric, function=None)
    return make(**values)  # type: ignore[arg-type]  # as :meth:`Metrics.describe` wrote them


METRICS = Metrics(bundled_metrics())
"""Every known metric by name; the bundled ones come first, in the order of tables."""

VERSION = max((metric.version for metric in METRICS.values()), key=lambda version: int(version.rpartition("/")[2]))
"""The newest version of a bundled metric."""


def metric_versions(names: Iterable[str] = ()) -> dict[str, str]:
    """The version of every bundled metric and of ``names``."""
    return {name: METRICS[name].version for name in dict.fromkeys([*METRICS.bundled, *names])}


def versions_of(hashes: Mapping[str, object]) -> Mapping[str, str]:
    """The version of every metric of a run by its manifest's hashes; older runs have one for all that were bundled then."""
    found = hashes.get("metrics")
    return cast("Mapping[str, str]", found) if found else dict.fromkeys(METRICS.bundled, str(hashes["scorer"]))


CRITICAL = tuple(metric.name for metric in METRICS.values() if metric.critical)
"""Metrics of which any 1 is a critical failure."""
