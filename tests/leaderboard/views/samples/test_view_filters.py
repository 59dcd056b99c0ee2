"""From an address to the replies that are asked for."""

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.queries.samples import FLAGS, PAGE, RANKED, Filter, facets, page_of, verdict_values
from kikime.leaderboard.views.samples import view

T = Translator("ja")


@pytest.fixture(scope="module")
def offered(shelf):
    run = shelf["アイネス-8月"]
    return facets(run), verdict_values(run)


@pytest.fixture
def asked(visit, offered):
    """The filter of an address."""

    def asked(**address):
        visit(**address)
        return view._filter(T, *offered, {})

    return asked


def chosen(found):
    """The parts of a filter that filter."""
    values = {name: list(wanted) for name, wanted in found.values.items() if wanted}
    verdict = {name: list(wanted) for name, wanted in found.verdict.items() if wanted}
    return values, verdict


def test_an_address_without_parameters_filters_nothing(asked):
    found = asked()
    assert chosen(found) == ({}, {})
    assert (found.text, found.flag, found.failed, found.item, found.order, found.metric) == (
        "",
        "",
        False,
        "",
        "plan",
        "",
    )
    assert found.between == {}


def test_every_parameter_has_its_place(asked):
    found = asked(
        persona="bushi",
        shots=["0", "2"],
        turn="1",
        q=" 紅茶 ",
        flag="turn_leak",
        failed="1",
        item="t01",
        length_chars="10-20",
        judge="judge-a",
        score=["1", "7"],
        order="worst",
        metric="style_band",
    )
    assert chosen(found) == (
        {"persona": ["bushi"], "shots": ["0", "2"], "turn": ["1"]},
        {"judge_id": ["judge-a"], "score": ["7"]},
    )
    assert (found.text, found.flag, found.failed, found.item) == ("紅茶", "turn_leak", True, "t01")
    assert (found.order, found.metric, found.between) == ("worst", "style_band", {"length_chars": (10.0, 20.0)})


def test_a_metric_orders_only_where_the_worst_come_first(asked):
    assert asked(order="long", metric="style_band").metric == ""
    assert asked(order="worst").metric == RANKED[0]
    assert asked(order="worst", metric="<b>").metric == RANKED[0]


@pytest.mark.parametrize(
    "address",
    [
        {"persona": "nobody"},
        {"flag": "length_chars"},
        {"failed": "yes"},
        {"order": "DESC; --"},
        {"score": "8"},
        {"judge": "judge-c"},
        {"technique": "no such"},
    ],
)
def test_what_is_not_on_offer_filters_nothing(asked, address):
    found = asked(**address)
    assert chosen(found) == ({}, {})
    assert (found.flag, found.failed, found.order) == ("", False, "plan")


def test_only_metrics_with_a_fault_are_flags(asked):
    assert {asked(flag=flag).flag for flag in FLAGS[:4]} == set(FLAGS[:4])


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("10-20", (10, 20)),
        ("10〜20", (10, 20)),
        ("10～20", (10, 20)),
        ("10~20", (10, 20)),
        ("7", (7, 7)),
        ("0-0", (0, 0)),
        ("20-10", (20, 10)),
        ("-5", None),
        ("1e3", None),
        ("١٠", None),
        ("１０", None),
        ("10--20", None),
        ("12345678", None),
        ("10 - 20", None),
    ],
)
def test_a_range_is_two_whole_numbers_or_one(asked, text, ends):
    assert asked(sentences=text).between == ({} if ends is None else {"sentences": ends})


@pytest.mark.parametrize(
    ("asked_for", "page"),
    [("3", 3), ("", 1), ("0", 0), ("-1", 1), ("1.5", 1), ("٣", 1), ("９", 1), ("9999999", 1), ("999999", 999_999)],
)
def test_a_page_is_a_small_whole_number(visit, asked_for, page):
    visit(p=asked_for)
    assert view._asked_page() == page


def test_nothing_of_judges_is_asked_where_nobody_judged(visit, offered):
    visit(score="7")
    assert view._filter(T, offered[0], {}, {}).verdict == {}


def test_the_table_shows_what_the_query_found(visit, shelf):
    run = shelf["アイネス-8月"]
    drawn = visit()
    rows = page_of(run, Filter(order="judge_low")).rows
    view._table(T, rows, None)
    (table,) = drawn.tables
    assert table[T("samples.col_user")].tolist() == [row.user for row in rows]
    assert table[T("samples.col_judge")].tolist() == pytest.approx([row.judge for row in rows])
    assert table[T("samples.col_critical")].tolist() == ["✗" if row.critical_failure else "" for row in rows]


def test_a_failure_is_shown_in_place_of_the_reply(visit, shelf):
    drawn = visit()
    view._table(T, page_of(shelf["アイネス-8月"], Filter(failed=True)).rows, None)
    assert set(drawn.tables[0][T("samples.col_reply")]) == {"⚠ the engine refused it"}


def test_the_whole_page_draws_what_the_address_asks_for(visit, shelf):
    run = shelf["アイネス-8月"]
    drawn = visit(persona="bushi", p="2")
    view._replies(T, run)
    wanted = Filter(values={"persona": ["bushi"]})
    expected = page_of(run, wanted, 2)
    assert T("samples.found", total=f"{expected.total:,}") in drawn.said("caption")
    assert len(drawn.downloads["s"]) == expected.total
    assert [len(table) for table in drawn.tables] == [PAGE]


def test_a_filter_that_nothing_passes_draws_no_table(visit, shelf):
    drawn = visit(q="この言葉はどこにもない")
    view._replies(T, shelf["アイネス-8月"])
    assert drawn.tables == []
    assert T("samples.found", total="0") in drawn.said("caption")


def test_the_metric_that_replies_are_ordered_by_is_a_column(visit, shelf):
    drawn = visit()
    wanted = Filter(order="worst", metric="length_closeness")
    found = page_of(shelf["アイネス-8月"], wanted)
    view._table(T, found.rows, None, wanted.metric)
    values = [value for value in drawn.tables[0][T.metric("length_closeness")] if value is not None]
    assert values == sorted(values) != []


def test_neighbours_go_over_the_ends_of_pages(shelf):
    run, wanted = shelf["アイネス-8月"], Filter()
    first, second = page_of(run, wanted, 1), page_of(run, wanted, 2)
    before, after = view._neighbours(run, wanted, first, 1, first.rows[0].key)
    assert (before, after.key) == (None, first.rows[1].key)
    before, after = view._neighbours(run, wanted, second, 2, second.rows[0].key)
    assert (before.page, before.key) == (1, first.rows[-1].key)
    assert view._neighbours(run, wanted, first, 1, "nothing") == (None, None)
