"""Every bundled suite loads, each of its tasks yields requests, and its size is what it promises."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import islice

import pytest

from kikime.harness.cards.persona import load_persona, persona_ids
from kikime.harness.suites.condition import bundled_techniques
from kikime.harness.suites.grid import cells, gather_materials
from kikime.harness.suites.suite import load_suite, suite_ids
from kikime.harness.suites.task import load_task, task_ids
from kikime.workflows.plan import choose_materials

HUGE = {"full"}


@cache
def replies(suite: str) -> Counter[tuple[str, str]]:
    count: Counter[tuple[str, str]] = Counter()
    for cell in cells(gather_materials(load_suite(suite))):
        count[cell.condition.format, cell.task.id] += 1 + len(cell.item.script)
    return count


@pytest.mark.parametrize("suite", sorted(set(suite_ids()) - HUGE))
def test_every_task_of_a_suite_yields_replies(suite: str) -> None:
    selected = load_suite(suite)
    formats = {form for selection in selected.tasks for form in selection.formats or selected.formats}
    assert replies(suite).keys() == {(form, selection.id) for form in formats for selection in selected.tasks}


@pytest.mark.parametrize("suite", sorted(HUGE))
def test_a_huge_suite_starts(suite: str) -> None:
    assert len(list(islice(cells(gather_materials(load_suite(suite))), 100))) == 100


@pytest.mark.parametrize("suite", suite_ids())
def test_a_suite_asks_only_for_contexts_that_its_banks_have(suite: str) -> None:
    selected = load_suite(suite)
    for selection in selected.tasks:
        kinds = {kind for item in load_task(selection.id).items for kind in item.contexts}
        assert set(selection.contexts or selected.contexts) <= {"none", *kinds}, selection.id


@pytest.mark.parametrize("suite", suite_ids())
def test_a_suite_never_asks_for_more_shots_than_a_card_has(suite: str) -> None:
    selected = load_suite(suite)
    most = max(max(selection.shots or selected.shots) for selection in selected.tasks)
    assert all(len(load_persona(persona).examples) >= most for persona in selected.personas)


def test_smoke_is_a_handful_of_short_replies() -> None:
    assert replies("smoke").total() == 24
    assert max(load_task(selection.id).max_tokens for selection in load_suite("smoke").tasks) <= 128


def test_quick_is_a_few_hundred_replies() -> None:
    assert 300 <= replies("quick").total() <= 700
    assert len(load_suite("quick").personas) == 3


EIGHT = {"ojousama", "bushi", "shonen", "kansai", "maid", "imouto", "hakase", "bilingual"}


def test_standard_is_about_1500_replies_per_format_with_its_eight_personas() -> None:
    per_format: Counter[str] = Counter()
    for (form, _), count in replies("standard").items():
        per_format[form] += count
    assert all(1400 <= count <= 1600 for count in per_format.values())
    assert set(load_suite("standard").personas) == EIGHT


@pytest.mark.parametrize("suite", ["conversation", "dialogue", "full", "voices"])
def test_suites_without_a_promised_size_ask_every_persona(suite: str) -> None:
    assert set(load_suite(suite).personas) == set(persona_ids())


def test_full_holds_every_bank_of_replies_and_every_technique() -> None:
    full, banks = load_suite("full"), {name for name in task_ids() if load_task(name).kind != "dialogue"}
    assert {selection.id for selection in full.tasks} >= banks
    assert {name for selection in full.tasks for name in selection.techniques or ()} == bundled_techniques().keys()
    assert full.shots == (0, 1, 3, 5)
    assert len(full.example_sets) == 3


EXAMPLES = {(0, "turns", 0), *((k, style, n) for k in (1, 3, 5) for style in ("turns", "text") for n in range(3))}
CONVERSATIONS = {
    "address",
    "emotion",
    "in_character_refusal",
    "initiative",
    "knowledge_limits",
    "language_noise",
    "long_memory",
    "lorebook",
    "several_speakers",
    "values",
}
WITHOUT_EXAMPLES = {"conversation_end", "steadiness", "icl_sentiment", "form_facts", "form_facts_cloze", *CONVERSATIONS}
SINGLE_TURN = [name for name in task_ids() if name not in WITHOUT_EXAMPLES and load_task(name).kind != "dialogue"]


@cache
def example_conditions(suite: str) -> dict[str, set[tuple[int, str, int]]]:
    native = load_suite(suite).model_copy(update={"formats": ("native",), "limit": 1})
    found: dict[str, set[tuple[int, str, int]]] = {}
    for cell in cells(gather_materials(native)):
        condition = cell.condition
        found.setdefault(cell.task.id, set()).add((condition.shots, condition.shot_style, condition.example_set))
    return found


@pytest.mark.parametrize("bank", SINGLE_TURN)
def test_full_asks_every_single_turn_bank_with_every_kind_of_examples(bank: str) -> None:
    assert example_conditions("full")[bank] == EXAMPLES


def test_the_few_shot_suite_asks_with_every_kind_of_examples() -> None:
    assert set(map(frozenset, example_conditions("few_shot").values())) == {frozenset(EXAMPLES)}


def test_in_context_learning_is_asked_with_two_to_sixteen_examples() -> None:
    assert {k for k, _, _ in example_conditions("icl")["icl_sentiment"]} == {2, 4, 8, 16}


def test_no_cell_of_full_is_asked_twice() -> None:
    native = load_suite("full").model_copy(update={"formats": ("native",), "limit": 2})
    names = [(cell.persona.id, cell.task.id, cell.item.id, cell.condition) for cell in cells(gather_materials(native))]
    assert len(names) == len(set(names))


def test_steerability_compares_no_instruction_the_instruction_and_a_nonsense_one() -> None:
    assert set(load_suite("steerability").techniques) == {"no_style", "plain", "poni"}


def test_one_task_of_full_keeps_all_its_conditions() -> None:
    chosen = choose_materials("full", limit=1, tasks=["style"], personas=["ojousama"])
    asked = {(cell.condition.technique, cell.condition.shots) for cell in cells(chosen)}
    assert {shots for technique, shots in asked if technique == "plain"} == {0, 1, 3, 5}
    assert ("step_by_step", 3) in asked
