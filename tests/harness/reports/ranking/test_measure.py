"""Questions about given facts that are asked without them count in no area: they are the base of a difference."""

from __future__ import annotations

from kikime.harness.reports.ranking.measure import is_baseline, measure_terms
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.suites.task import Item
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task

GIVEN = Item(
    id="g1", user="鍵はどこにありますか？", contexts={"relevant": "鍵は棚の上にある。"}, expect={"answers": ["棚"]}
)


def answer(request):
    return "棚の上にございますわ。" if request.context == "relevant" else IN_VOICE


def test_the_baseline_lowers_no_area(tmp_path):
    task = talk_task(id="rag_relevant", metrics=("fact_correct",), items=(GIVEN,))
    materials = make_materials([task], contexts=("none", "relevant"))
    run = make_run(tmp_path, "given", answer, materials=materials)
    manifest = run.manifest()
    cells = read_cells(run, manifest)
    assert list(cells.loc[is_baseline(cells, manifest), "context"]) == ["none", "none"]
    terms = measure_terms(cells, load_areas(), manifest)["terms"]
    [rate] = [
        sum(term["num"]) / sum(term["den"]) for name, term in terms.items() if name.startswith("mean:fact_correct")
    ]
    assert rate == 1


def test_without_given_facts_nothing_is_a_baseline(tmp_path):
    run = make_run(tmp_path, "plain", IN_VOICE)
    manifest = run.manifest()
    assert not is_baseline(read_cells(run, manifest), manifest).any()
