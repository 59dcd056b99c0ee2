from __future__ import annotations

import asyncio

from kikime.judges.asking.limits import FairScheduler


def test_who_passes_hands_over_before_the_next_one_works() -> None:
    log: list[str] = []

    async def send(name: str) -> None:
        log.append(f"{name} sent")

    async def answer(name: str, fair: FairScheduler) -> None:
        await fair.take_turn()
        log.append(f"{name} works")
        asyncio.get_running_loop().create_task(send(name))

    async def together() -> None:
        fair = FairScheduler()
        await asyncio.gather(*(answer(name, fair) for name in "abc"))
        await asyncio.sleep(0)

    asyncio.run(together())
    assert log == ["a works", "a sent", "b works", "b sent", "c works", "c sent"]


def test_one_that_gave_up_waiting_is_passed_over() -> None:
    async def work() -> list[str]:
        fair, passed = FairScheduler(), []

        async def answer(name: str) -> None:
            await fair.take_turn()
            passed.append(name)

        tasks = [asyncio.create_task(answer(name)) for name in "abc"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return passed

    assert asyncio.run(work()) == ["a", "c"]
