"""What becomes of a claim for each model: tested, refuted, or said why it could not be."""

import pytest
from msgspec.structs import replace

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.claims.records import FlexibilityReport, SizeEffect
from kikime.harness.reports.claims.table import CLAIMS, claims, no_place, size_effect
from kikime.harness.stats.prompts.effects import ExamplesEffect, InstructionEffect
from kikime.harness.words.catalogue import Translator

UNASKED = Reason("no_param_count")
NO_SIZE = SizeEffect(points=[], n_sizes=0, left_out=[])
SILENT = FlexibilityReport(
    run="r1",
    name="first",
    model="m",
    params=4_000_000_000,
    fingerprint="f",
    created_at="2026-01-01T00:00:00+00:00",
    grid="g",
    native="alpaca",
    why_not_codes={"steerability": UNASKED, "few_shot": UNASKED},
)
FEW_SETS = {"few_shot": Reason("few_sets", {"n": 1, "sets": 3, "where": "few_shot"})}


def instruction(form, effect, low, high):
    return InstructionEffect(
        format=form, effect=effect, ci_low=low, ci_high=high, p_value=0.01, mean_with=1, mean_without=0, n_items=8
    )


def examples(shots, gain, *, n_sets=3):
    return ExamplesEffect(
        shots=shots,
        gain=gain,
        ci_low=gain - 0.05,
        ci_high=gain + 0.05,
        p_value=0.01,
        n_sets=n_sets,
        set_sd=0.0,
        set_low=None,
        set_high=None,
        n_items=8,
    )


def asked(claim, *reports):
    return [row for row in claims(reports, NO_SIZE, language="en") if row.claim == claim]


def test_every_claim_is_answered_and_claims_stand_together():
    rows = claims([SILENT, replace(SILENT, run="r2", name="second")], NO_SIZE, language="en")
    assert [row.claim for row in rows] == ["instruction", "instruction", "examples", "examples", "size"]
    assert tuple(dict.fromkeys(row.claim for row in rows)) == CLAIMS


@pytest.mark.parametrize(
    ("effect", "low", "high", "holds", "refuted"),
    [(0.4, 0.2, 0.6, True, False), (0.1, -0.1, 0.3, False, False), (-0.4, -0.6, -0.2, False, True)],
)
def test_a_claim_holds_where_its_lower_bound_is_above_nothing(effect, low, high, holds, refuted):
    [row] = asked("instruction", replace(SILENT, why_not_codes={}, steerability=[instruction("*", effect, low, high)]))
    assert (row.effect, row.holds, row.refuted, row.why_not) == (effect, holds, refuted, None)


def test_the_instruction_is_judged_over_all_formats():
    rows = [instruction("alpaca", 0.9, 0.8, 1.0), instruction("*", 0.2, 0.1, 0.3)]
    assert asked("instruction", replace(SILENT, why_not_codes={}, steerability=rows))[0].effect == 0.2


@pytest.mark.parametrize(("shots", "chosen"), [((1, 2, 3, 5), 3), ((1, 5), 1), ((2, 4), 2), ((8,), 8)])
def test_examples_are_judged_at_three_or_the_nearest_number(shots, chosen):
    report = replace(SILENT, why_not_codes={}, few_shot=[examples(k, k / 10) for k in shots])
    assert asked("examples", report)[0].effect == chosen / 10


def test_too_few_sets_of_examples_show_an_effect_but_decide_nothing():
    report = replace(SILENT, why_not_codes={}, few_shot=[examples(3, 0.3, n_sets=1)], note_codes=FEW_SETS)
    [row] = asked("examples", report)
    assert (row.effect, row.holds, row.refuted) == (0.3, None, None)
    assert row.why_not_code == FEW_SETS["few_shot"]
    assert "3" in row.why_not


def test_what_was_not_asked_has_its_reason_as_a_code():
    [row] = asked("instruction", SILENT)
    assert (row.effect, row.holds, row.why_not_code) == (None, None, UNASKED)


def test_two_runs_of_one_name_keep_their_own_answers():
    strong = replace(SILENT, why_not_codes={}, steerability=[instruction("*", 0.5, 0.4, 0.6)])
    weak = replace(strong, run="r2", steerability=[instruction("*", -0.5, -0.6, -0.4)])
    assert [(row.run, row.holds) for row in asked("instruction", strong, weak)] == [("r1", True), ("r2", False)]


def test_the_size_claim_speaks_of_all_models():
    [row] = asked("size", SILENT)
    assert (row.run, row.params, row.model) == (None, None, "0 models")


def test_a_model_of_unknown_size_is_left_out_with_the_reason():
    size = size_effect([replace(SILENT, params=None)], language="en")
    assert (size.points, size.slope, size.holds) == ([], None, None)
    assert [(entry.run, entry.reason_code.code) for entry in size.left_out] == [("r1", "no_param_count")]


def test_a_model_without_formats_is_left_out_with_its_own_reason():
    size = size_effect([replace(SILENT, why_not_codes={"formats": FEW_SETS["few_shot"]})])
    assert [entry.reason_code.code for entry in size.left_out] == ["few_sets"]


def test_a_reason_is_worded_in_the_reader_s_language():
    texts = {no_place("r1", Reason("no_param_count"), Translator(language)).reason for language in ("ja", "en")}
    assert len(texts) == 2
