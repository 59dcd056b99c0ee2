"""One judging session: key, client, cache, and what came of it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.reasons import Reason
from kikime.harness.engines.served.keys import read_key
from kikime.harness.words.catalogue import Translator
from kikime.judges.verdicts.judge import DEFAULT_MODEL, Judge
from kikime.judges.verdicts.verdict import Protocol

if TYPE_CHECKING:
    from kikime.judges.asking.broker import JudgeBroker
    from kikime.judges.asking.client import JudgeClient
    from kikime.judges.asking.faults import Fault
    from kikime.judges.verdicts.lines import Line

OFFICIAL_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class JudgeSettings:
    """Everything a session needs to know; ``api_key`` is never stored anywhere."""

    judge: Judge
    api_key: str | None = field(default=None, repr=False)
    concurrency: int = 16
    timeout: float = 60.0
    """Seconds for one call."""
    max_usd: float | None = None
    sentinel: bool = False
    """Re-score the sentinel set once verdicts were bought."""

    def after(self, spent_usd: float) -> JudgeSettings:
        """The settings with what is left of the budget once ``spent_usd`` is gone."""
        if self.max_usd is None:
            return self
        return replace(self, max_usd=max(0.0, self.max_usd - spent_usd))

    def flags(self) -> list[str]:
        """The options that choose this judge, budget and sentinel set on a command line."""
        chosen = ["--judge-model", self.judge.model]
        if self.judge.base_url is not None:
            chosen += ["--judge-base-url", self.judge.base_url]
        if self.max_usd is not None:
            chosen += ["--max-usd", f"{self.max_usd:g}"]
        return chosen if self.sentinel else [*chosen, "--no-sentinel"]

    @property
    def reference(self) -> str:
        """How ``--judge-model`` names the judge: NAME or NAME@URL."""
        return self.judge.model if self.judge.base_url is None else f"{self.judge.model}@{self.judge.base_url}"

    def require_key(self, later: str) -> None:
        """Make sure that there is a key where one is needed.

        Raises:
            EnvironmentFault: the provider's own server and no key; ``later`` is the command that adds the verdicts.
        """
        if self.judge.official and not self.api_key:
            raise EnvironmentFault(
                "no API key for the judge {judge}",
                hint="set OPENAI_API_KEY, or name a server of your own with --judge-base-url; then: {later}",
                judge=self.judge.id,
                later=later,
            )


def judge_settings(
    model: str | None = None,
    base_url: str | None = None,
    *,
    protocol: Protocol = "cot",
    samples: int = 1,
    concurrency: int = 16,
    timeout: float = 60.0,
    max_usd: float | None = None,
    sentinel: bool = False,
) -> JudgeSettings:
    """Settings from arguments and environment (``OPENAI_API_KEY``, ``OPENAI_BASE_URL``); ``model`` may be NAME@URL.

    Raises:
        UsageError: an address that is no http(s) URL, or a value out of range.
    """
    name, address = _name_and_address(model or DEFAULT_MODEL)
    url = address or base_url or os.environ.get("OPENAI_BASE_URL") or None
    if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise UsageError(
            "'{url}' is not the address of a judge", hint="it looks like http://127.0.0.1:8000/v1", url=url
        )
    if concurrency < 1 or timeout <= 0 or (max_usd is not None and max_usd < 0):
        raise UsageError("--concurrency and --timeout must be positive, --max-usd not negative")
    judge = Judge(name, url, protocol, samples)
    if max_usd is not None and judge.card.price is None:
        raise UsageError(
            "--max-usd needs a price, and the price of '{name}' is unknown", hint="leave out --max-usd", name=name
        )
    return JudgeSettings(judge, read_key(), concurrency, timeout, max_usd, sentinel)


def shared_budget(panel: Sequence[JudgeSettings]) -> tuple[JudgeSettings, ...]:
    """Judges that work side by side, each with an equal part of the budget that is for all of them."""
    return tuple(one if one.max_usd is None else replace(one, max_usd=one.max_usd / len(panel)) for one in panel)


def panel_flags(panel: Sequence[JudgeSettings]) -> list[str]:
    """The options that choose these judges, with what is left of their budget, on a command line."""
    if len(panel) == 1:
        return panel[0].flags()
    left = [one.max_usd for one in panel if one.max_usd is not None]
    chosen = [flag for one in panel for flag in ("--judge-model", one.reference)]
    chosen += ["--max-usd", f"{sum(left):g}"] if left else []
    return chosen if all(one.sentinel for one in panel) else [*chosen, "--no-sentinel"]


_ADDRESS = re.compile(r"[a-z]+://|localhost\b|[\w.-]+:\d+(?:/|$)", re.IGNORECASE)


def _name_and_address(model: str) -> tuple[str, str]:
    """``NAME@URL`` apart; a name may have an @ of its own (``claude@20240620``, ``@cf/meta/llama``)."""
    at = next((found.start() for found in re.finditer("@", model) if _ADDRESS.match(model, found.end())), len(model))
    return model[:at] or DEFAULT_MODEL, model[at + 1 :]


@asynccontextmanager
async def open_broker(settings: JudgeSettings, home: Path | None = None) -> AsyncIterator[JudgeBroker]:
    """Client and cache (below ``home``, the user's by default) for the session; both are closed at its end."""
    from kikime.judges.asking.broker import JudgeBroker, VerdictCache
    from kikime.judges.asking.client import JudgeClient

    cache = VerdictCache(settings.judge.id, home)
    client = JudgeClient(
        settings.judge,
        api_key=settings.api_key,
        base_url=settings.judge.base_url or OFFICIAL_URL,
        concurrency=settings.concurrency,
        timeout=settings.timeout,
        max_usd=settings.max_usd,
    )
    try:
        yield JudgeBroker(client, cache)
    finally:
        cache.close()
        await client.close()


def status_words(t: Translator, status: str) -> str:
    """A verdict's status in words; in English its code, by which lines are found."""
    return t.get(f"status.{status}", status) if t.language == "ja" else status


_SPEAK_FOR_THEMSELVES = frozenset({"ok", "budget"})


@dataclass
class Outcome:
    """What a session did."""

    statuses: Counter[str] = field(default_factory=Counter)
    """Lines by status."""
    spent_usd: float = 0.0
    stop: Fault | None = None
    """Why it ended early."""
    bought: int = 0
    """Answers that the judge gave, the cached ones left out."""
    priced: bool = True
    """Whether the price of what was bought is known."""
    warnings: list[Reason] = field(default_factory=list)
    """What makes the verdicts doubtful."""
    notes: list[Reason] = field(default_factory=list)
    """What the server would not take, and what was done about it."""
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Lines without a usable score by status and error."""

    def take(self, client: JudgeClient) -> None:
        """Note what ``client`` did."""
        self.spent_usd, self.bought, self.stop = client.budget.spent, client.answered, client.stop
        self.priced = not (client.asked or client.answered) or client.judge.card.price is not None
        self.notes = list(client.dialect.notes)

    def count(self, lines: Iterable[Line]) -> None:
        """Add lines to the tally."""
        for line in lines:
            self.statuses[line.status] += 1
            if line.status not in _SPEAK_FOR_THEMSELVES:
                self.failures[line.status, line.error or ""] += 1

    @property
    def complete(self) -> bool:
        """Whether every line is ``ok``."""
        return self.stop is None and set(self.statuses) <= {"ok"}

    def sentence(self) -> str:
        """The tally in one line."""
        say = Translator.of(None)
        counts = [
            say("judging.count", n=number, status=status_words(say, status))
            for status, number in self.statuses.most_common()
        ]
        shown = say("judging.listed").join(counts) or say("judging.nothing")
        return say(f"judging.{self._told_cost()}", counts=shown, usd=self.spent_usd)

    def _told_cost(self) -> str:
        if not self.priced:
            return "outcome_unpriced"
        return "outcome" if self.bought or self.spent_usd else "outcome_free"

    def remarks(self) -> list[str]:
        """What a reader has to know, a sentence each: changed parameters, the commonest failure, warnings."""
        say = Translator.of(None)
        told = [say("judging.note", text=text) for text in say.reasons(self.notes)]
        if self.failures and self.stop is None:
            told.append(self._commonest(say))
        return told + [say("judging.warning", text=text) for text in say.reasons(self.warnings)]

    def _commonest(self, say: Translator) -> str:
        """The commonest reason for verdicts without a score, in the judge's or its server's own words, and what helps."""
        (status, error), n = self.failures.most_common(1)[0]
        values = {
            "n": n,
            "total": self.failures.total(),
            "status": status_words(say, status),
            "error": say.stored(error),
        }
        return say("judging.commonest", **values, help=say.get(f"judging.help.{status}", ""))

    def raise_for_stop(self, again: str) -> None:
        """Raise what ended the session early.

        Raises:
            EnvironmentFault: the judge cannot be reached, or its quota is gone; ``again`` is the command that goes on.
        """
        if self.stop is not None:
            raise EnvironmentFault(
                "{reason}",
                hint="what is done is kept; go on with: {again}",
                reason=self.stop.message,
                again=again,
            )
