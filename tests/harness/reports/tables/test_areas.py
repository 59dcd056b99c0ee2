import pytest
from pydantic import ValidationError

from kikime.harness.reports.tables.areas import Term, explain, load_areas, term_words
from kikime.harness.words.catalogue import Translator

JA = Translator("ja")


def term(**fields):
    return Term(**{"value": "mean", "metric": "fact_correct", "tasks": "declared", **fields})


def test_an_unknown_metric_is_refused_by_name():
    with pytest.raises(ValidationError, match="unknown metric 'fact_corect'"):
        term(metric="fact_corect")


def test_a_criterion_of_a_judge_needs_no_rule_metric():
    assert term_words(term(value="judge", metric="character_v1.tone"), JA) == "1·judge[character_v1.tone]"


def test_a_weight_of_nothing_is_refused():
    with pytest.raises(ValidationError, match="greater than 0"):
        term(weight=0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weight": 2}, "2·fact_correct"),
        ({"metric": "critical_failure"}, "1·(1 − critical_failure)"),
        ({"value": "unbroken", "metric": "marker_spam"}, "1·unbroken[marker_spam]"),
        ({"value": "quality", "metric": ""}, "1·q"),
        ({"value": "handled", "metric": "", "weight": 0.5}, "0.5·handled"),
        ({"without": ("reasoning", "talk")}, "1·fact_correct⟨reasoning・talkを除く⟩"),
        ({"only": ("talk",), "turns": "later"}, "1·fact_correct⟨talkのみ、2ターン目以降⟩"),
        ({"formats": "foreign", "shots": "none"}, "1·fact_correct⟨native以外の書式、例示なし⟩"),
        (
            {"shots": "some", "technique": "any", "context": "any"},
            "1·fact_correct⟨例示あり、すべての聞き方、すべての文脈⟩",
        ),
    ],
)
def test_a_term_is_a_formula_in_words(fields, words):
    assert term_words(term(**fields), JA) == words


def test_terms_that_differ_in_a_condition_have_different_names():
    variants = [term(), term(shots="some"), term(formats="foreign"), term(only=("talk",)), term(turns="later")]
    assert len({one.id for one in variants}) == len(variants)
    assert term(weight=3).id == term().id


def test_no_two_terms_of_an_area_share_a_name():
    for area in load_areas().areas:
        assert len({one.id for one in area.terms}) == len(area.terms)


def test_a_judge_s_terms_count_only_in_a_ranking_with_a_judge():
    persona = next(area for area in load_areas().areas if area.id == "persona")
    assert [one.metric for one in persona.used(judged=False)] == ["fact_correct", "fact_wrong", "hallucinated"]
    assert [one.metric for one in persona.used(judged=True)][3:] == ["character_v1.personality", "character_v1.facts"]


def test_the_hash_changes_with_a_weight():
    areas = load_areas()
    first = areas.areas[0]
    heavier = first.model_copy(update={"terms": (first.terms[0].model_copy(update={"weight": 9.0}), *first.terms[1:])})
    assert areas.model_copy(update={"areas": (heavier, *areas.areas[1:])}).hash != areas.hash


def test_the_explanation_has_every_formula():
    told = explain("ja")
    assert told["critical_gate"] == 0.1
    assert [area["id"] for area in told["areas"]] == [area.id for area in load_areas().areas]
    length = next(area for area in told["areas"] if area["id"] == "length")
    assert length["formula"] == "100 × 加重平均（2·length_fit、1·sentence_fit）"
