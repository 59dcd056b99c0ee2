from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import execute, start_run
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite
from tests.support.app import frames, opened
from tests.support.canned import Canned

ICL_TASK = {"id": "icl_sentiment", "limit": 12}


def follow_the_examples(request):
    """Log-probabilities under which the label that the examples give wins."""
    return [-1.0 if candidate.name == f"label.{request.expect['label']}" else -1.5 for candidate in request.candidates]


def test_a_run_with_labels_says_whether_they_were_learnt(tmp_path, monkeypatch):
    suite = Suite(
        id="icl", personas=["ojousama"], formats=["alpaca"], shots=[2, 4], tasks=[ICL_TASK], example_sets=[0, 1]
    )
    materials = gather_materials(suite)
    prepared = prepare(resolve_checkpoint("demo:august"), materials, EngineOptions())
    run = start_run(prepared, tmp_path / "runs", "learner")
    execute(run, prepared, engine=Canned(follow_the_examples))
    monkeypatch.setenv("KIKIME_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    app = opened("model", run=run.id, part="shots")
    assert not app.exception
    (table,) = frames(app)
    flipped = table[table["ラベル"] == "入れ替えたラベル（否定 / 肯定）"]
    assert flipped["例示の数"].tolist() == [2, 4]
    assert flipped["何に従うか"].tolist()[-1] == "例示"
