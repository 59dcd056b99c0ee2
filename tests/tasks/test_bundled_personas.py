"""Every bundled card is complete, and the character's own lines pass the character's own metrics."""

from __future__ import annotations

from functools import cache

import pytest

from kikime.harness.cards.persona import Persona, load_persona, persona_ids
from kikime.harness.metrics import Measured
from kikime.harness.metrics.answers.correct import Answer
from kikime.harness.metrics.answers.facts import measure_fact
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.stats.paired import NEW_PERSONAS_FROM

PERSONAS = persona_ids()


@cache
def own_lines(persona: str) -> list[Measured]:
    card = load_persona(persona)
    scorer = scorer_of(card)
    return [scorer.score(e.reply, user=e.user, finish_reason="stop") for e in card.examples]


def marker_rate(measured: list[Measured]) -> float:
    marked = sum(m["marker_sentences"] or 0 for m in measured)
    return marked / sum(m["eligible_sentences"] or 0 for m in measured)


def test_there_are_enough_voices_for_claims_about_new_ones() -> None:
    assert set(PERSONAS) >= {"ojousama", "bushi", "kansai", "shonen", "maid", "imouto", "hakase", "bilingual"}
    assert set(PERSONAS) >= {"kohai", "mukuchi", "gyaru", "shitsuji"}
    assert len(PERSONAS) >= NEW_PERSONAS_FROM


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_card_is_complete(persona: str) -> None:
    card = load_persona(persona)
    assert len(card.profile) >= 150
    assert card.background
    assert card.voice.sheet
    assert len(card.facts) >= 15
    assert all(len(fact.paraphrases) == 2 for fact in card.facts)
    assert len(card.unanswerable) >= 10
    assert len(card.examples) >= 40


@pytest.mark.parametrize("persona", PERSONAS)
def test_nothing_on_a_card_is_said_twice(persona: str) -> None:
    card = load_persona(persona)
    questions = [question for fact in card.facts for question in (fact.question, *fact.paraphrases)]
    asked = [
        *questions,
        *(unknown.question for unknown in card.unanswerable),
        *(example.user for example in card.examples),
    ]
    replies = [example.reply for example in card.examples]
    assert len(set(asked)) == len(asked)
    assert len(set(replies)) == len(replies)


@pytest.mark.parametrize("persona", PERSONAS)
def test_own_lines_have_the_wanted_marker_rate(persona: str) -> None:
    wanted = load_persona(persona).voice.markers.target_rate
    assert wanted is not None
    assert marker_rate(own_lines(persona)) == pytest.approx(wanted, abs=0.05)


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("metric", ["length_fit", "sentence_fit"])
def test_own_lines_have_the_wanted_length(persona: str, metric: str) -> None:
    assert all(measured[metric] == 1 for measured in own_lines(persona))


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("metric", ["critical_failure", "forbidden_terms", "marker_spam", "newlines", "missing_kuten"])
def test_own_lines_have_no_fault(persona: str, metric: str) -> None:
    assert [m[metric] for m in own_lines(persona)] == [0] * len(own_lines(persona))


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("metric", ["first_person_ok", "second_person_ok"])
def test_own_pronouns_are_in_character(persona: str, metric: str) -> None:
    assert 0 not in [measured[metric] for measured in own_lines(persona)]


@pytest.mark.parametrize("persona", PERSONAS)
def test_own_lines_have_the_politeness_of_the_card(persona: str) -> None:
    card = load_persona(persona)
    ratios = [ratio for measured in own_lines(persona) if (ratio := measured["polite_ratio"]) is not None]
    mean = sum(ratios) / len(ratios)
    if card.voice.polite is not None:
        assert mean > 0.9 if card.voice.polite else mean < 0.1


@pytest.mark.parametrize("persona", PERSONAS)
def test_another_character_does_not_sound_like_this_one(persona: str) -> None:
    scorer = scorer_of(load_persona(persona))
    for other in set(PERSONAS) - {persona}:
        measured = [scorer.score(example.reply) for example in load_persona(other).examples]
        assert marker_rate(measured) <= 0.4, other


def fact_answers(card: Persona) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(fact.id, fact.answers, fact.wrong) for fact in card.facts]


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_profile_holds_every_fact(persona: str) -> None:
    card = load_persona(persona)
    told = f"{card.name}。{card.profile}"
    missing = [
        name for name, answers, _ in fact_answers(card) if not measure_fact(told, Answer(answers))["fact_correct"]
    ]
    assert missing == []


@pytest.mark.parametrize("persona", PERSONAS)
def test_no_question_holds_its_answer(persona: str) -> None:
    for fact in load_persona(persona).facts:
        for question in (fact.question, *fact.paraphrases):
            assert not [answer for answer in fact.answers if answer in question], question
            assert measure_fact(question, Answer(fact.answers))["fact_correct"] == 0, question


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_characters_own_profile_is_no_wrong_answer(persona: str) -> None:
    card = load_persona(persona)
    for name, answers, wrong in fact_answers(card):
        assert measure_fact(f"{card.name}。{card.profile}", Answer(answers, wrong))["fact_wrong"] == 0, name


@pytest.mark.parametrize("persona", PERSONAS)
def test_answers_are_right_and_wrong_answers_are_wrong(persona: str) -> None:
    for name, answers, wrong in fact_answers(load_persona(persona)):
        for answer in answers:
            assert measure_fact(f"{answer}。", Answer(answers, wrong))["fact_correct"] == 1, f"{name}: {answer}"
        for answer in wrong:
            assert measure_fact(f"{answer}。", Answer(answers, wrong))["fact_wrong"] == 1, f"{name}: {answer}"
