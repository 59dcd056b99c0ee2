"""``true`` is no number: Python and pydantic take it for 1, a suite's ``shots: [true]`` was once asked with one example."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.files.yamlfile import StrictModel
from kikime.harness.suites.suite import Suite, load_suite
from kikime.harness.suites.task import Task


class Numbers(StrictModel):
    count: int = 0
    share: float | None = None
    many: tuple[Annotated[int, Field(ge=0)], ...] = ()
    named: dict[str, float] = {}
    level: Literal[1, 2] = 1
    flag: bool = False
    either: bool | int = 0
    inner: tuple["Inner", ...] = ()


class Inner(StrictModel):
    flag: bool = True
    count: int = 0


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"count": True}, "count"),
        ({"share": False}, "share"),
        ({"many": [0, True]}, "many.1"),
        ({"named": {"a": True}}, "named.a"),
        ({"level": True}, "level"),
        ({"inner": [{"count": True}]}, "count"),
    ],
)
def test_a_flag_where_a_number_is_due_is_refused(given, place):
    with pytest.raises(ValidationError, match=f"{place}: a number is needed here, not (true|false)"):
        Numbers.model_validate(given)


@pytest.mark.parametrize("given", [{"flag": True}, {"either": True}, {"inner": [{"flag": True}]}, {"count": 1}, {}])
def test_flags_and_numbers_in_their_own_places_are_taken(given):
    assert Numbers.model_validate(given)


@pytest.mark.parametrize("line", ["shots: [true]", "limit: true", "repeats: yes", "sampling: {temperature: false}"])
def test_a_suite_names_the_line(tmp_path, line):
    path = tmp_path / "mine.yaml"
    path.write_text(f"id: mine\ntasks: [style]\npersonas: [ojousama]\n{line}\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match=r"mine\.yaml:4") as caught:
        load_suite(str(path))
    assert "a number is needed here, not" in str(caught.value)


@pytest.mark.parametrize("model", [Suite, Task])
def test_the_models_of_banks_and_suites_are_strict(model):
    assert issubclass(model, StrictModel)
