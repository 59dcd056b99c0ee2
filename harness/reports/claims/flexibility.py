"""プロンプトへの柔軟性 of one run, and of several: formats, instruction, examples, ways of asking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from kikime.harness.core.errors import UsageError
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import Reason
from kikime.harness.metrics.registry import QUALITY
from kikime.harness.reports.claims.records import (
    FlexibilityReport,
    FlexibilityTable,
    ItemSensitivity,
    LeftOutRun,
    TechniqueEffect,
)
from kikime.harness.reports.claims.suites import suites_with, techniques_of
from kikime.harness.reports.claims.table import claims, no_place, size_effect
from kikime.harness.reports.ranking.measure import NATIVE, measured_tasks
from kikime.harness.reports.ranking.stored import broken_run, grid_digest
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.stats.paired import paired_difference
from kikime.harness.stats.prompts.effects import (
    MIN_SETS,
    ExamplesEffect,
    InstructionEffect,
    few_shot_gain,
    steerability,
)
from kikime.harness.stats.prompts.flexibility import Flexibility, flexibility, pss
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.grid import stored_techniques
from kikime.harness.words.catalogue import Translator

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
FLOOR = 0.2
_UNIT = ["persona", "item"]


def flexibility_report(
    run: RunDirectory, *, native: str = NATIVE, seed: int = 0, n_resamples: int = 2000, language: str | None = None
) -> FlexibilityReport:
    """Describe how one run's quality depends on the prompt.

    Args:
        run: its suite decides what can be measured; the rest is None with the reason in ``why_not``.
        native: the checkpoint's own format, fixed before looking at scores.
        seed: of resampling.
        n_resamples: bootstrap draws.
        language: of reasons and notes (``ja`` or ``en``); that of the person at this terminal by default.

    Raises:
        UsageError: no tables yet, or a score is NaN.
    """
    manifest = run.manifest()
    cells = read_cells(run, manifest)
    asked = cells[cells["task"].isin(measured_tasks(load_areas(), manifest))]
    plain = asked[(asked["technique"] == "plain") & (asked["context"] == "none")]
    drawn = _Drawn(seed, n_resamples)
    report = FlexibilityReport(
        run=run.id,
        name=manifest["name"],
        model=manifest["checkpoint"]["name"],
        params=manifest["checkpoint"]["n_params"],
        fingerprint=manifest["checkpoint"]["fingerprint"],
        created_at=manifest["created_at"],
        grid=grid_digest(manifest),
        native=native,
    )
    report.formats = _measured(report, "formats", lambda: _formats(plain, native, drawn))
    report.sensitivity = _measured(report, "sensitivity", lambda: _sensitivity(plain, manifest, drawn))
    report.steerability = _measured(report, "steerability", lambda: _steerability(cells, manifest, drawn))
    report.few_shot = _measured(report, "few_shot", lambda: _few_shot(plain, drawn))
    report.techniques = _measured(report, "techniques", lambda: _techniques(asked, manifest, drawn))
    report.note_codes = _lacks(report)
    t = Translator.of(language)
    report.why_not = {name: t.reason(code) for name, code in report.why_not_codes.items()}
    report.notes = {name: t.reason(code) for name, code in report.note_codes.items()}
    return report


class _Drawn(NamedTuple):
    """How items are resampled."""

    seed: int
    n_resamples: int


def _measured(report: FlexibilityReport, name: str, measure: Callable[[], T]) -> T | None:
    """The measure, or None with its reason in the report."""
    try:
        return measure()
    except _NotMeasured as lacking:
        report.why_not_codes[name] = lacking.reason
        return None


def _lacks(report: FlexibilityReport) -> dict[str, Reason]:
    """What the measured parts lack for their full answer, and which bundled suites have it."""
    notes = {}
    if report.sensitivity and report.sensitivity.net is None:
        notes["sensitivity"] = Reason("no_repeats")
    if report.few_shot and (fewest := min(row.n_sets for row in report.few_shot)) < MIN_SETS:
        notes["few_shot"] = Reason("few_sets", {"n": fewest, "sets": MIN_SETS, "where": _with_examples()})
    if report.formats and report.formats.retained is None:
        notes["formats"] = Reason("below_floor", {"floor": FLOOR})
    return notes


def _with_examples() -> str:
    return suites_with(lambda suite: len(suite.example_sets) >= MIN_SETS and 0 in suite.shots)


class _NotMeasured(Exception):
    """The suite lacks what a measure needs."""

    def __init__(self, code: str, **values: str | float) -> None:
        super().__init__(code)
        self.reason = Reason(code, values)


def _complete(frame: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Items that have every combination of ``factors`` that occurs."""
    combinations = frame[factors].drop_duplicates()
    counts = frame[[*_UNIT, *factors]].drop_duplicates().groupby(_UNIT).size()
    whole = counts[counts == len(combinations)].index
    return frame[frame.set_index(_UNIT).index.isin(whole)]


def _per_format(plain: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    zero = plain[plain["shots"] == 0]
    cells = zero.groupby([*_UNIT, *keys], as_index=False)[QUALITY].mean().rename(columns={QUALITY: "value"})
    if cells["format"].nunique() < 2:
        where = suites_with(lambda suite: NATIVE in suite.formats and len(suite.formats) > 1)
        raise _NotMeasured("single_format", where=where)
    whole = _complete(cells, ["format"])
    if whole.empty:
        raise _NotMeasured("no_common_item")
    return whole


def _formats(plain: pd.DataFrame, native: str, drawn: _Drawn) -> Flexibility:
    cells = _per_format(plain, ["format"])
    if native not in set(cells["format"]):
        raise _NotMeasured("no_native", native=native)
    return flexibility(cells, native=native, floor=FLOOR, **drawn._asdict())


def _sensitivity(plain: pd.DataFrame, manifest: Manifest, drawn: _Drawn) -> ItemSensitivity:
    """Sensitivity net of sampling noise; greedy decoding has none: asking again would give the same reply."""
    import pandas as pd

    cells = _per_format(plain, ["format", "repeat"])
    greedy = manifest["suite"]["sampling"]["temperature"] == 0 and cells["repeat"].nunique() == 1
    if greedy:
        cells = pd.concat([cells, cells.assign(repeat=cells["repeat"] + 1)])
    found = vars(pss(cells, **drawn._asdict())) | ({"n_repeats": 1} if greedy else {})
    return ItemSensitivity(**found, greedy=greedy)


def _steerability(cells: pd.DataFrame, manifest: Manifest, drawn: _Drawn) -> list[InstructionEffect]:
    """Share of replies that carry the voice's marker, with and without the style instruction, per format."""
    known = stored_techniques(manifest)
    without = [name for name, technique in known.items() if not technique.style and not technique.system]
    voiced = [name for name, card in manifest["personas"].items() if card["voice"]["markers"]["strong"]]
    used = cells[cells["persona"].isin(voiced) & cells["technique"].isin(["plain", *without]) & (cells["shots"] == 0)]
    marked = used.assign(
        value=(used["marker_sentences"] > 0).astype(float),
        side=["with_instruction" if name == "plain" else "without_instruction" for name in used["technique"]],
    )
    table = marked.groupby([*_UNIT, "format", "side"])["value"].mean().unstack("side").dropna()
    if table.shape[1] < 2 or table.empty:
        where = suites_with(lambda suite: "no_style" in techniques_of(suite))
        raise _NotMeasured("no_unstyled", where=where)
    frame = _complete(table.reset_index(), ["format"])
    return steerability(frame, **drawn._asdict())


def _few_shot(plain: pd.DataFrame, drawn: _Drawn) -> list[ExamplesEffect]:
    mean = plain.groupby([*_UNIT, "format", "shots", "example_set"], as_index=False)[QUALITY].mean()
    whole = _complete(mean, ["format", "shots", "example_set"]) if mean["shots"].nunique() > 1 else mean[:0]
    if whole.empty or 0 not in set(whole["shots"]):
        raise _NotMeasured("no_examples", sets=MIN_SETS, where=_with_examples())
    cells = whole.groupby([*_UNIT, "shots", "example_set"], as_index=False)[QUALITY].mean()
    return few_shot_gain(cells.rename(columns={QUALITY: "value"}), **drawn._asdict())


def _techniques(asked: pd.DataFrame, manifest: Manifest, drawn: _Drawn) -> list[TechniqueEffect]:
    """Effect of each way of asking on the quality, paired against asking plainly in the same cell."""
    cell = [*_UNIT, "format", "shots", "example_set", "context", "turn", "repeat"]
    table = asked.pivot_table(index=cell, columns="technique", values=QUALITY, observed=True)
    names = [name for name in table.columns if name != "plain"]
    if not names or "plain" not in table:
        where = suites_with(lambda suite: len(techniques_of(suite)) > 1)
        raise _NotMeasured("one_technique", where=where)
    rows, known = [], stored_techniques(manifest)
    for name in names:
        both = table[["plain", name]].dropna().rename(columns={"plain": "a", name: "b"})
        if both.empty:
            continue
        items = both.groupby(_UNIT).mean().reset_index()
        effect = paired_difference(items, margin=0, **drawn._asdict()).estimate
        rows.append(
            TechniqueEffect(
                technique=name,
                title=known[name].title if name in known else name,
                effect=effect.delta,
                ci_low=effect.ci_low,
                ci_high=effect.ci_high,
                p_value=effect.p_value,
                n_items=effect.n_items,
            )
        )
    return rows


def flexibility_table(
    runs: Sequence[RunDirectory], *, native: str = NATIVE, seed: int = 0, language: str | None = None
) -> FlexibilityTable:
    """Flexibility of several runs, the claims, and the size slope; runs without tables are left out with the reason."""
    t = Translator.of(language)
    reports: list[FlexibilityReport] = []
    left_out: list[LeftOutRun] = []
    for run in sorted(runs, key=lambda run: run.id):
        try:
            reports.append(flexibility_report(run, native=native, seed=seed, language=language))
        except UsageError as error:
            left_out.append(no_place(run.id, broken_run(run, error), t))
    size = size_effect(reports, language=language)
    return FlexibilityTable(runs=reports, claims=claims(reports, size, language=language), size=size, left_out=left_out)
