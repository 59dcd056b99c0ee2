import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.store.samples import read_samples
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Six questions to one persona: the first fails, the second is answered plainly."""
    materials = make_materials([talk_task(6)], personas=("ojousama",))
    replies = {"t00": None, "t01": PLAIN}
    return make_run(
        tmp_path_factory.mktemp("read"), "read", lambda q: replies.get(q.item_id, IN_VOICE), materials=materials
    )


def test_replies_come_in_the_order_of_the_plan_with_their_metrics(run):
    samples = read_samples(run)
    assert [sample["item_id"] for sample in samples] == ["t00", "t01", "t02", "t03", "t04", "t05"]
    assert samples[1]["response"] == PLAIN
    assert samples[1]["metrics"]["length_chars"] == len(PLAIN)
    assert not set(samples[1]) & set(samples[1]["metrics"])


def test_a_failed_reply_has_its_error_and_no_length(run):
    failed = read_samples(run)[0]
    assert (failed["error"], failed["response"]) == ("the engine refused it", "")
    assert failed["metrics"]["length_chars"] is None


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("item_id = 't03'", ["t03"]),
        ("length_chars > 25", ["t01"]),
        ("error IS NOT NULL", ["t00"]),
        ("error IS NULL AND marker_sentences = 0", ["t01"]),
        ("item_id >= 't04' -- the last ones", ["t04", "t05"]),
        ("length_chars = (SELECT max(length_chars) FROM wide)", ["t01"]),
        ("false", []),
    ],
)
def test_a_condition_speaks_of_columns_and_metrics(run, condition, found):
    assert [sample["item_id"] for sample in read_samples(run, where=condition)] == found


def test_a_limit_takes_the_first_ones(run):
    assert [sample["item_id"] for sample in read_samples(run, limit=2)] == ["t00", "t01"]
    assert len(read_samples(run, where="error IS NULL", limit=3)) == 3


def test_an_empty_condition_is_refused_with_an_example(run):
    with pytest.raises(UsageError, match="the condition is empty") as caught:
        read_samples(run, where="  ")
    assert "--where 'turn_leak = 1'" in caught.value.hint


@pytest.mark.parametrize("condition", ["lenght_chars > 3", "item_id =", "item_id = 3 LIMIT 1", "true; DROP TABLE wide"])
def test_a_wrong_condition_is_named_and_the_columns_are_listed(run, condition):
    with pytest.raises(UsageError) as caught:
        read_samples(run, where=condition)
    assert caught.value.message.startswith(f"--where {condition}: ")
    assert "length_chars" in caught.value.hint
    assert "item_id" in caught.value.hint


def test_a_condition_reads_no_other_file(run, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nhidden\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--where"):
        read_samples(run, where=f"response IN (SELECT word FROM read_csv('{secret}'))")


def test_a_run_without_tables_says_how_to_get_them(tmp_path):
    run = make_run(tmp_path, "bare", IN_VOICE, materials=make_materials([talk_task(1)], personas=("ojousama",)))
    run.samples_file.unlink()
    with pytest.raises(UsageError) as caught:
        read_samples(run)
    assert "kikime resume" in f"{caught.value.message} {caught.value.hint}"
