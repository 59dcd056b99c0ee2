# ruff: noqa: E501  (quoted texts)
from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.messages import assistant, user
from kikime.judges.jobs.job import forecast
from kikime.judges.verdicts.judge import Judge, plan_calls
from kikime.judges.verdicts.models import end_warning, model_card
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric, rubric_ids, stored_rubric
from kikime.judges.verdicts.verdict import answer_schema

ALL = (
    "character_v1",
    "dialogue_v1",
    "hallucination",
    "memorization",
    "naturalness",
    "pairwise_v1",
    "personality_v0",
    "rp_bench_v1",
    "stability",
    "values",
)
SOURCE_WORDS = """\
You will be given responses written by an AI assistant mimicing the character. Your task is to rate the performance of character using the specific criterion by following the evaluation steps. Below is the data of character who mimiced by assistant:
***[Profile].
***[Interactions]
[Evaluation Criterion](1-7): Is the response reflects the personalities and preferences of the character?[Evaluation Steps]
1. Read through the profile and write the personalities and preferences of the real character.
2. Read through the interactions and indentify the personalities and preferences of the AI assistant.
3. After having a clear understanding of the interactions, compare the responses to the profile. Look for any consistencies or inconsistencies. Do the responses reflect the character’s personalities and preferences?
4. Use the given scale from 1-7 to rate how well the response reflects the personalities and preferences of the character. 1 being not at all reflective of the character’s personalities, and 7 being perfectly reflective of the character’s personalities.
***, write out in a step by step manner your reasoning about the criterion to be sure that your conclusion is correct. Avoid simply stating the correct answers at the outset. Then print the score on its own line corresponding to the correct answer. At the end, repeat just the selected score again by itself on a new line. Please response in Japanese."""


@pytest.mark.parametrize("name", ALL)
def test_every_bundled_rubric_loads(name: str) -> None:
    rubric = load_rubric(name)
    assert rubric.id == name
    assert rubric.source


def test_the_bundled_rubrics_are_these() -> None:
    assert tuple(rubric_ids()) == ALL


def test_the_default_splits_the_verdict_in_four() -> None:
    assert [c.id for c in load_rubric("character_v1").criteria] == ["tone", "personality", "facts", "appropriateness"]


def test_personality_v0_keeps_the_source_word_for_word(persona: object) -> None:
    prompt = next(plan_calls(Subject("a", persona, "猫派ですか", "犬派ですわ"), load_rubric("personality_v0"), Judge()))  # type: ignore[arg-type]
    text = prompt.body["messages"][0]["content"]
    position = -1
    for line in SOURCE_WORDS.splitlines():
        assert text.index(line) > position
        position = text.index(line)
    assert "[user]猫派ですか\n\n[assistant]犬派ですわ***" in text
    assert "response_format" not in prompt.body


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("      4: 四\n", "anchor for each"),
        ("kind: reply", "kind"),
        ("source: own", "source"),
    ],
)
def test_an_incomplete_rubric_names_the_file(tmp_path: Path, change: str, problem: str) -> None:
    path = tmp_path / "mine.yaml"
    anchors = "".join(f"      {n}: {c}\n" for n, c in enumerate("一二三四五六七", 1))
    text = f"id: mine\nversion: 1\ntitle: 私\nsource: own\nkind: reply\ntask: 採点\ncriteria:\n  - id: tone\n    title: 口調\n    question: どうか\n    anchors:\n{anchors}"
    path.write_text(text, encoding="utf-8")
    assert load_rubric(str(path)).id == "mine"
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace(change, ""), encoding="utf-8")
    with pytest.raises(FileFormatError, match=problem):
        load_rubric(str(broken))


def test_an_unknown_rubric_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="character_v1"):
        load_rubric("nope")


def test_the_schema_asks_for_reasons_before_evidence_before_scores() -> None:
    rubric = load_rubric("character_v1")
    schema = answer_schema(rubric.kind, tuple(c.id for c in rubric.criteria), bounded=False)
    assert list(schema["properties"]) == ["reasoning", "evidence", "tone", "personality", "facts", "appropriateness"]
    assert schema["properties"]["tone"] == {"type": "integer", "enum": [1, 2, 3, 4, 5, 6, 7]}
    assert schema["required"] == list(schema["properties"])


def test_model_cards() -> None:
    assert model_card("gpt-4o-mini-2024-07-18") == model_card("gpt-4o-mini")
    assert model_card("gpt-6-luna").extra == {"reasoning_effort": "none"}
    assert model_card("gpt-4o-mini-audio").price is None


def test_the_announced_end_is_a_warning() -> None:
    from datetime import date

    assert "2027-01-14" in str(end_warning("gpt-4o-mini", date(2026, 11, 21)))
    assert "ended" in str(end_warning("gpt-4o-mini", date(2027, 2, 1)))
    assert end_warning("gpt-4o-mini", date(2026, 1, 1)) is None
    assert end_warning("gpt-6-luna", date(2030, 1, 1)) is None


def test_a_forecast_brackets_the_cost_and_is_unknown_without_a_price(persona: Persona) -> None:
    rubric = load_rubric("character_v1")
    found = forecast(1000, persona, rubric, Judge())
    assert found is not None
    assert 0 < found[0] < found[1] < 2
    assert forecast(1000, persona, rubric, Judge("mine", "http://127.0.0.1:1/v1")) is None


@pytest.mark.parametrize("bounded", [True, False])
def test_the_schema_demands_evidence_where_there_is_something_to_quote(bounded: bool) -> None:
    evidence = [
        answer_schema("reply", ("tone",), bounded=bounded, quotable=quotable)["properties"]["evidence"]
        for quotable in (True, False)
    ]
    assert evidence[0]["minItems"] == 1
    assert "minItems" not in evidence[1]


def test_the_usual_scale_is_not_in_the_content_so_that_old_hashes_stay() -> None:
    assert "scale" not in load_rubric("character_v1").model_dump(mode="json")
    assert load_rubric("character_v1").hash == "b9ce81cc1f132e0ae6fad36c6f54d86a"
    assert load_rubric("stability").hash == "ed20d572936335ca0dc81281f2b59dc5"


def test_a_rubric_with_a_scale_of_its_own_comes_back_from_a_manifest() -> None:
    rubric = load_rubric("rp_bench_v1")
    content = rubric.model_dump(mode="json")
    assert content["scale"] == [1, 5]
    assert stored_rubric("rp_bench_v1", {"rp_bench_v1": content}) == rubric


def test_the_peers_eight_criteria_keep_their_five_points(persona: Persona) -> None:
    rubric = load_rubric("rp_bench_v1")
    assert (len(rubric.criteria), rubric.points) == (8, (1, 2, 3, 4, 5))
    history = (user("やあ"), assistant("ごきげんよう"))
    [call] = plan_calls(Subject("a", persona, "元気？", "元気ですわ", history), rubric, Judge())
    text = call.body["messages"][0]["content"]
    assert "1から5まで" in text
    assert "（1〜5の整数）" in text
    assert "1から7" not in text
    schema = call.body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["consistency"] == {"type": "integer", "enum": [1, 2, 3, 4, 5]}
