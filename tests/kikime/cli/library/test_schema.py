"""``kikime schema``."""

from __future__ import annotations

import json

from tests.support.builders import invoke


def test_without_a_name_the_names_are_listed(tmp_path):
    names = invoke(tmp_path, "schema").stdout.split()
    assert {"run", "compare", "rank", "gate", "judge", "score", "report.icl"} <= set(names)


def test_a_schema_is_json(tmp_path):
    found = json.loads(invoke(tmp_path, "schema", "rank").stdout)
    assert found["title"] == "kikime rank"


def test_an_unknown_name_is_one_message(tmp_path):
    done = invoke(tmp_path, "schema", "rnk")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "did you mean 'rank'" in done.stderr
