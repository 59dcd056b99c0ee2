"""From several answers to one line per criterion."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import Persona
from kikime.harness.core.messages import assistant, user
from kikime.judges.verdicts.judge import Judge, plan_calls
from kikime.judges.verdicts.lines import Line, build_lines, combined_status, read_line
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.record import Usage, make_record, read_record
from kikime.judges.verdicts.rubric import load_rubric
from kikime.judges.verdicts.verdict import Verdict

CHARACTER, PAIR = load_rubric("character_v1"), load_rubric("pairwise_v1")
IDS = [criterion.id for criterion in CHARACTER.criteria]


def scored(score: int, status: str = "ok", **more: object) -> Verdict:
    return Verdict(status, scores=dict.fromkeys(IDS, score), **more)  # type: ignore[arg-type]


def lines(persona: Persona, *verdicts: Verdict, judge: Judge | None = None, **more: object) -> list[Line]:
    judge = judge or Judge(samples=len(verdicts))
    subject = Subject("r1", persona, "やあ", "よい朝ですわ", **more)  # type: ignore[arg-type]
    rubric = PAIR if subject.rival else CHARACTER
    calls = list(plan_calls(subject, rubric, judge))
    records = [
        make_record(call, judge, verdict, Usage(100, 10, 0, 0.5, 1))
        for call, verdict in zip(calls, verdicts, strict=True)
    ]
    return build_lines(subject, rubric, judge, calls, records, set())


def test_one_answer_is_a_line_per_criterion(persona: Persona) -> None:
    found = lines(persona, scored(6, rationale="よい", evidence=["朝"], grounded=True))
    assert [line.criterion for line in found] == IDS
    assert {(line.score, line.expected_score, line.value, line.status) for line in found} == {(6, None, 6.0, "ok")}
    assert (found[0].rationale, found[0].evidence, found[0].grounded) == ("よい", ["朝"], True)


def test_tokens_and_money_are_counted_once_per_call(persona: Persona) -> None:
    found = lines(persona, scored(6))
    assert [line.n_in for line in found] == [100, *[0] * (len(IDS) - 1)]
    assert sum(line.cost_usd or 0 for line in found) == 0.5
    assert found[0].spent_tokens == 110


@pytest.mark.parametrize(("scores", "mean", "whole"), [((5, 6), 5.5, 6), ((4, 4), 4.0, 4), ((1, 2, 2), 5 / 3, 2)])
def test_several_samples_are_averaged(persona: Persona, scores: tuple[int, ...], mean: float, whole: int) -> None:
    found = lines(persona, *map(scored, scores))
    assert found[0].expected_score == pytest.approx(mean)
    assert found[0].score == whole
    assert found[0].value == pytest.approx(mean)


def test_a_sample_that_failed_does_not_weigh(persona: Persona) -> None:
    found = lines(persona, Verdict("timeout", error="slow"), scored(2), scored(4))
    assert (found[0].status, found[0].expected_score) == ("ok", 3.0)


def test_a_sample_without_ground_counts_only_where_no_other_does(persona: Persona) -> None:
    mixed = lines(persona, scored(7, "ungrounded"), scored(3))
    assert (mixed[0].status, mixed[0].value) == ("ok", 3.0)
    alone = lines(persona, scored(7, "ungrounded"), Verdict("invalid"))
    assert (alone[0].status, alone[0].value) == ("ungrounded", 7.0)


@pytest.mark.parametrize("status", ["refused", "truncated", "invalid", "timeout", "error", "budget", "quota"])
def test_a_failure_has_a_reason_and_no_score(persona: Persona, status: str) -> None:
    found = lines(persona, Verdict(status, error="why"))  # type: ignore[arg-type]
    assert {(line.status, line.score, line.value, line.error) for line in found} == {(status, None, None, "why")}


@pytest.mark.parametrize(
    ("statuses", "best"),
    [
        (["error", "ok"], "ok"),
        (["error", "ungrounded"], "ungrounded"),
        (["timeout", "refused"], "timeout"),
        (["ungrounded", "ok"], "ok"),
    ],
)
def test_the_best_status_of_the_samples_is_that_of_the_line(persona: Persona, statuses: list[str], best: str) -> None:
    [call] = plan_calls(Subject("r", persona, "a", "b"), CHARACTER, Judge())
    records = [make_record(call, Judge(), Verdict(status), Usage()) for status in statuses]  # type: ignore[arg-type]
    assert combined_status(records) == best


def preferred(persona: Persona, first: str, second: str) -> Line:
    chosen = [Verdict("ok", choice=choice) for choice in (first, second)]
    return lines(persona, *chosen, judge=Judge(), rival="やあ。")[0]


@pytest.mark.parametrize(
    ("first", "second", "preference", "consistent"),
    [
        ("A", "B", "a", True),
        ("B", "A", "b", True),
        ("tie", "tie", "tie", True),
        ("A", "A", "tie", False),
        ("B", "B", "tie", False),
        ("A", "tie", "tie", False),
    ],
)
def test_a_preference_holds_only_in_both_orders(
    persona: Persona, first: str, second: str, preference: str, consistent: bool
) -> None:
    found = preferred(persona, first, second)
    assert (found.preference, found.order_consistent, found.score) == (preference, consistent, None)


def test_a_pair_of_which_one_order_failed_has_no_preference(persona: Persona) -> None:
    found = lines(persona, Verdict("ok", choice="A"), Verdict("timeout"), judge=Judge(), rival="やあ。")[0]
    assert (found.status, found.preference, found.order_consistent) == ("timeout", None, None)


@pytest.mark.parametrize("stored", [{}, {"key": 3}, {"status": "odd"}])
def test_a_line_of_another_kind_is_none(stored: dict[str, object], persona: Persona) -> None:
    import msgspec

    whole = msgspec.to_builtins(lines(persona, scored(5))[0])
    assert read_line(whole | {"a later field": 1}) is not None
    assert read_line(whole | stored if stored else stored) is None
    assert read_record(stored) is None


def test_a_record_comes_back_as_it_was_stored(persona: Persona) -> None:
    [call] = plan_calls(Subject("r", persona, "a", "b"), CHARACTER, Judge())
    record = make_record(call, Judge(), scored(5), Usage(1, 2, 0, None, 1), snapshot="s", batch=True)
    assert read_record(record.stored()) == record
    assert record.final
    assert not make_record(call, Judge(), Verdict("timeout"), Usage()).final


def test_quotes_of_a_dialogue_have_their_turn(persona: Persona) -> None:
    rubric, judge = load_rubric("rp_bench_v1"), Judge()
    told = (user("やあ"), assistant("ごきげんよう、絢音ですわ"), user("元気？"), assistant("元気にしておりますの"))
    subject = Subject("r1.3", persona, "またね", "また明日ですわ", told, dialogue="r1")
    [call] = plan_calls(subject, rubric, judge)
    scores = {criterion.id: 4 for criterion in rubric.criteria}
    evidence = ["元気にして", "「また明日」", "言っていない", "ごきげんよう"]
    record = make_record(call, judge, Verdict("ungrounded", scores=scores, evidence=evidence), Usage())
    found = build_lines(subject, rubric, judge, [call], [record], set())
    assert {(line.id, line.scale) for line in found} == {("r1", 5)}
    assert found[0].evidence_turns == [2, 3, None, 1]


def test_a_single_reply_has_no_turns(persona: Persona) -> None:
    [line, *_] = lines(persona, scored(6, evidence=["朝"]))
    assert (line.evidence_turns, line.scale, line.id) == ([], 7, "r1")
