import pytest

from kikime.leaderboard.data.queries.samples import PAGE, Filter, every, facets, one, page_of, partner, verdict_values
from tests.support.app import table
from tests.support.builders import IN_VOICE, add_verdicts, make_run


def test_pages_cover_every_reply_once_in_plan_order(august):
    total = page_of(august, Filter()).total
    keys = [row.key for page in range(1, -(-total // PAGE) + 1) for row in page_of(august, Filter(), page).rows]
    assert keys == [row["key"] for row in sorted(table(august), key=lambda r: (r["position"], r["turn"]))]


def test_a_page_beyond_the_last_is_empty(august):
    assert page_of(august, Filter(), 10_000).rows == []


def test_facets_filter(august):
    chosen = Filter(values={"persona": ["bushi"], "shots": ["2"], "format": ["chatml"]})
    expected = [r for r in table(august) if (r["persona"], r["shots"], r["format"]) == ("bushi", 2, "chatml")]
    assert page_of(august, chosen).total == len(expected) > 0


def test_facets_are_those_of_the_run(august):
    assert facets(august)["format"] == ["alpaca", "chatml"]
    assert facets(august)["turn"] == ["0", "1", "2"]


@pytest.mark.parametrize("text", ["%", "_", "'; DROP TABLE samples; --", "\\", "*"])
def test_search_takes_text_literally(august, text):
    assert page_of(august, Filter(text=text)).total == 0


def test_search_finds_replies_and_questions(august):
    assert page_of(august, Filter(text="ユーザー: それでは")).total == sum(
        "ユーザー:" in r["response"] for r in table(august)
    )


def test_a_flag_shows_only_bad_replies(august):
    worst = page_of(august, Filter(order="worst", metric="turn_leak"))
    bad = page_of(august, Filter(flag="turn_leak"))
    assert {row.key for row in worst.rows[: bad.total]} == {row.key for row in bad.rows}
    assert bad.total > 0
    assert all(one(august, row.key).metrics["turn_leak"] == 1 for row in bad.rows[:5])


def test_orders(august):
    by_length = [len(row.response) for row in page_of(august, Filter(order="short")).rows]
    assert by_length == sorted(by_length)
    means = [row.judge for row in page_of(august, Filter(order="judge_low")).rows if row.judge is not None]
    assert means == sorted(means)


def test_a_range_of_lengths_filters(august):
    lengths = [row.length_chars for row in page_of(august, Filter(between={"length_chars": (0, 25)})).rows]
    assert lengths
    assert all(value is not None and value <= 25 for value in lengths)


def test_what_a_judge_said_filters_by_one_verdict_that_has_it_all(august):
    chosen = {"judge_id": ["judge-b"], "criterion": ["tone"], "score": ["2"]}
    rows = page_of(august, Filter(verdict=chosen)).rows
    assert rows
    for row in rows:
        assert any((v.judge_id, v.criterion, v.score) == ("judge-b", "tone", 2) for v in one(august, row.key).verdicts)
    assert set(verdict_values(august)["judge_id"]) == {"judge-a", "judge-b"}


def test_a_download_keeps_the_order_of_the_page(august):
    chosen = Filter(order="short", values={"format": ["alpaca"]})
    assert [row["key"] for row in every(august, chosen)][:PAGE] == [row.key for row in page_of(august, chosen).rows]


def test_failed_generations_can_be_listed(august):
    assert page_of(august, Filter(failed=True)).total == sum(row["error"] is not None for row in table(august))


def test_one_reply_in_full(august):
    row = table(august)[0]
    found = one(august, row["key"])
    assert found.response == row["response"]
    assert {v.judge_id for v in found.verdicts} <= {"judge-a", "judge-b"}
    assert one(august, "'; --") is None


def test_a_partner_answers_the_same_question(august, september):
    row = table(august)[3]
    assert one(september, partner(september, row["pair_key"])).user == row["user"]


def test_a_download_holds_the_filtered_replies_whole(august):
    assert len(every(august, Filter(), limit=7)) == 7
    assert max(len(row["response"]) for row in every(august, Filter())) == max(
        len(row["response"]) for row in table(august)
    )


def test_the_mean_of_verdicts_never_mixes_two_scales(tmp_path):
    run = make_run(tmp_path, "judged", IN_VOICE)
    add_verdicts(run, lambda _: 7)
    add_verdicts(run, lambda _: 1, rubric="rp_bench_v1", criteria=("consistency",), scale=5)
    assert {row.judge for row in page_of(run, Filter()).rows} == {7.0}
    chosen = Filter(verdict={"criterion": ["consistency"]}, order="judge_low")
    assert {row.judge for row in page_of(run, chosen).rows} == {1.0}
