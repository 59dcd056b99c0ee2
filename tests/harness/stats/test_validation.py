from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.stats.validation import TableError, checked_margin, checked_matrix, checked_table

KEYS = ["persona", "item"]


def table(**changes: object) -> pd.DataFrame:
    columns: dict[str, object] = {"persona": ["maid", "hakase", "maid"], "item": ["q2", "q1", "q1"], "a": [1.0, 2, 3]}
    return pd.DataFrame(columns | changes)


def checked(frame: pd.DataFrame) -> pd.DataFrame:
    return checked_table(frame, keys=KEYS, values=["a"])


def test_rows_come_sorted_by_their_keys_without_other_columns() -> None:
    result = checked(table(note=["x", "y", "z"])[["note", "a", "item", "persona"]])
    assert result.to_dict("list") == {"persona": ["hakase", "maid", "maid"], "item": ["q1", "q1", "q2"], "a": [2, 3, 1]}


@pytest.mark.parametrize("hole", [np.nan, None, np.inf, -np.inf, "3", pd.NA])
def test_a_value_that_is_no_finite_number_names_its_row_and_column(hole: object) -> None:
    frame = table(a=pd.Series([1.0, hole, 3.0], dtype=object))
    with pytest.raises(ValueError, match="persona='hakase', item='q1': a is"):
        checked(frame)


def test_booleans_and_nullable_integers_are_numbers() -> None:
    assert checked(table(a=[True, False, True]))["a"].tolist() == [0.0, 1.0, 1.0]
    assert checked(table(a=pd.array([1, 2, 3], dtype="Int64")))["a"].tolist() == [2.0, 3.0, 1.0]


def test_a_duplicate_row_is_named() -> None:
    with pytest.raises(ValueError, match="persona='maid', item='q1' is there more than once"):
        checked(table(item=["q1", "q1", "q1"]))


def test_a_missing_column_is_named_with_what_is_needed() -> None:
    with pytest.raises(ValueError, match=r"'a' is missing(?s:.*)persona, item, a"):
        checked(table().drop(columns="a"))


def test_a_doubled_column_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' is there 2 times"):
        checked(pd.concat([table(), table()[["a"]]], axis=1))


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        checked(table().iloc[:0])


def test_a_missing_key_names_the_row() -> None:
    with pytest.raises(ValueError, match="row 1: item is missing"):
        checked(table(item=["q1", None, "q2"]))


def test_the_error_belongs_to_the_tree_and_is_a_value_error() -> None:
    assert issubclass(TableError, UsageError)
    assert issubclass(TableError, ValueError)


@pytest.mark.parametrize("margin", [-0.1, np.nan, np.inf])
def test_a_margin_must_be_finite_and_not_negative(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        checked_margin(margin)


def scores() -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([("b", "1"), ("a", "2")], names=KEYS)
    return pd.DataFrame({"m2": [1.0, 2], "m1": [3.0, 4]}, index=index)


def test_a_matrix_is_sorted_in_both_directions() -> None:
    result = checked_matrix(scores())
    assert list(result.columns) == ["m1", "m2"]
    assert list(result.index) == [("a", "2"), ("b", "1")]


def test_index_levels_are_known_by_name_whatever_their_order() -> None:
    assert checked_matrix(scores().swaplevel()).equals(checked_matrix(scores()))


def test_an_unnamed_index_is_persona_then_item() -> None:
    assert checked_matrix(scores().rename_axis([None, None])).equals(checked_matrix(scores()))


def test_a_matrix_with_a_hole_names_item_and_model() -> None:
    holed = scores()
    holed.loc[("a", "2"), "m2"] = np.nan
    with pytest.raises(ValueError, match="persona='a', item='2': m2 is"):
        checked_matrix(holed)


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (scores().reset_index("item"), "1 level"),
        (scores()[[]], "no model"),
        (scores().rename(columns={"m1": "item"}), "cannot be named 'item'"),
        (scores().rename(columns={"m1": "m2"}), "'m2' is there 2 times"),
    ],
)
def test_a_matrix_of_another_shape_is_refused(broken: pd.DataFrame, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        checked_matrix(broken)
