"""Whether two programs measured the same."""

from __future__ import annotations

import json

from tools.bench_peers.values import agreement, of_lm_eval

REPLIES = {"a": "はい", "b": "いいえ"}
VALUES = {("a", "empty"): 0.0, ("a", "length_chars"): 2.0, ("b", "empty"): 0.0}


def test_equal_replies_and_values_agree():
    found = agreement(REPLIES, VALUES, REPLIES, {("a", "length_chars"): 2.0, ("b", "empty"): 0.0})
    assert found.holds
    assert str(found) == "2 of 2 replies equal; of these 2 of 2 values equal to 1e-9 (largest difference 0)"


def test_a_value_that_differs_or_that_only_the_other_has_does_not():
    assert agreement(REPLIES, VALUES, REPLIES, {("a", "length_chars"): 2.0 + 2e-9}).values_differ == 1
    assert agreement(REPLIES, VALUES, REPLIES, {("a", "speech"): 1.0}).values_differ == 1
    assert agreement(REPLIES, VALUES, REPLIES, {("a", "length_chars"): float("nan")}).values_differ == 1


def test_another_reply_or_a_missing_one_is_counted_and_its_values_are_not_compared():
    found = agreement(REPLIES, VALUES, {"a": "うん", "c": "はい"}, {("a", "length_chars"): 9.0, ("c", "empty"): 0.0})
    assert (found.documents, found.replies_differ, found.values, found.holds) == (3, 3, 0, False)


def test_nothing_to_compare_is_no_agreement():
    assert not agreement({}, {}, {}, {}).holds


def test_samples_of_lm_eval_are_read_with_their_values(tmp_path):
    sample = {"doc": {"pair_key": "a"}, "resps": [["はい"]], "metrics": ["empty"], "empty": 0.0}
    (tmp_path / "samples_x_1.jsonl").write_text(json.dumps(sample) + "\n", encoding="utf-8")
    assert of_lm_eval(tmp_path) == ({"a": "はい"}, {("a", "empty"): 0.0})
