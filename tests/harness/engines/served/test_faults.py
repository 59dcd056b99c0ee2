"""What failed calls mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from kikime.harness.engines.served.faults import reason_of, retry_after, told_within
from kikime.harness.words.catalogue import Translator


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": "-2"}, 0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_a_wait_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == (None if seconds is None else pytest.approx(seconds))


def test_a_wait_may_be_a_date() -> None:
    now = datetime.now(UTC)
    later = retry_after({"retry-after": format_datetime(now + timedelta(seconds=30), usegmt=True)})
    assert later == pytest.approx(30, abs=3)
    assert retry_after({"retry-after": format_datetime(now - timedelta(days=1), usegmt=True)}) == 0


@pytest.mark.parametrize(
    ("words", "code", "again"),
    [
        ("Rate limit exceeded: free-models-per-min", 429, True),
        ("Provider returned error", "502", True),
        ("The model is overloaded. Please try again.", None, True),
        ("Your input was flagged", 403, False),
        ("invalid request", "invalid_request_error", False),
    ],
)
def test_an_error_within_an_answer_is_asked_again_where_it_may_pass(words: str, code: object, again: bool) -> None:
    assert (told_within(words, code).calls > 1) is again


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111, "Connection refused"), OSError("[Errno 111] Connection refused")]
)
def test_a_refused_connection_is_told_in_the_readers_language(error: OSError) -> None:
    assert Translator("ja").message(reason_of(error)) == "接続を拒否されました"
    assert reason_of(error) == "Connection refused"
