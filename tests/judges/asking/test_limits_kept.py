"""Rates, waits and budgets."""

from __future__ import annotations

import asyncio
import time

import pytest

from kikime.harness.core.errors import UsageError
from kikime.judges.asking.limits import Budget, RateGate, duration
from kikime.judges.verdicts.models import Price

PRICE = Price(input=1.0, cached_input=0.5, output=10.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6m0s", 360), ("1h2m3s", 3723), ("120ms", 0.12), ("1.5", 1.5), ("0", 0), ("-3", 0), ("", 0), ("soon", 0)],
)
def test_a_duration_is_read_as_servers_write_it(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


def limits(limit: int, left: int, reset: str = "200ms") -> dict[str, str]:
    return {
        f"x-ratelimit-{what}-{name}": str(value)
        for name in ("requests", "tokens")
        for what, value in (("limit", limit), ("remaining", left), ("reset", reset))
    }


def passed(gate: RateGate, tokens: int = 1) -> float:
    """Seconds until a call may go."""

    async def enter() -> float:
        started = time.monotonic()
        await gate.enter(tokens, asyncio.Event())
        return time.monotonic() - started

    return asyncio.run(enter())


def test_without_limits_everybody_passes_at_once() -> None:
    gate = RateGate()
    assert passed(gate, 10**9) < 1


def test_who_finds_nothing_left_waits_for_the_refill() -> None:
    gate = RateGate()
    gate.leave(object(), limits(100, 0))
    assert 0.15 < passed(gate) < 2


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-limit-requests": "x"}, {"x-ratelimit-limit-tokens": "5"}])
def test_headers_that_say_nothing_hold_nobody(headers: dict[str, str]) -> None:
    gate = RateGate()
    gate.leave(object(), headers)
    assert passed(gate) < 1


def test_a_call_larger_than_the_limit_is_not_held_for_ever() -> None:
    gate = RateGate()
    gate.leave(object(), limits(100, 100))
    assert passed(gate, 5_000) < 1


def test_a_pause_holds_everybody_and_a_stop_frees_them() -> None:
    gate = RateGate()
    gate.hold(30)

    async def enter() -> None:
        stopped = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, stopped.set)
        await gate.enter(1, stopped)

    started = time.monotonic()
    asyncio.run(enter())
    assert time.monotonic() - started < 5


def test_a_budget_is_not_exceeded_by_calls_in_flight() -> None:
    async def spend() -> list[float | None]:
        budget = Budget(0.05, PRICE)
        first = await budget.reserve(1_000, 1_000)
        budget.book(first or 0, 0.011)
        return [first, *[await budget.reserve(1_000, 1_000) for _ in range(5)]]

    reserved = asyncio.run(spend())
    assert reserved[0] == pytest.approx(0.011)
    assert [amount is not None for amount in reserved] == [True, True, True, True, False, False]


def test_the_dearest_call_so_far_is_what_the_next_may_cost() -> None:
    async def spend() -> float | None:
        budget = Budget(1.0, PRICE)
        budget.book(await budget.reserve(10, 10) or 0, 0.3)
        return await budget.reserve(10, 10)

    assert asyncio.run(spend()) == pytest.approx(0.3)


def test_a_call_that_was_not_answered_gives_its_money_back() -> None:
    async def spend() -> tuple[float | None, float]:
        budget = Budget(0.012, PRICE)
        budget.book(await budget.reserve(1_000, 1_000) or 0, None)
        return await budget.reserve(1_000, 1_000), budget.spent

    again, spent = asyncio.run(spend())
    assert again is not None
    assert spent == 0


def test_without_a_limit_nothing_is_set_aside() -> None:
    assert asyncio.run(Budget(None, None).reserve(10**9, 10**9)) == 0.0


def test_a_limit_needs_a_price() -> None:
    with pytest.raises(UsageError, match="my-judge"):
        Budget(1.0, None, model="my-judge")
