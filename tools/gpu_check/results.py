"""What the checks found: records, one JSON, a table for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from kikime.harness.core.request import Reply

BUSY = 5
"""Percent of utilisation from which a GPU is not idle."""


class Figure(msgspec.Struct, frozen=True):
    """One measured number and what it should be."""

    name: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def reached(self) -> bool:
        """Whether it is within its goal, if it has one."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def goal(self) -> str:
        """In words; empty where there is none."""
        if self.least is not None:
            return f"≥ {self.least:g}"
        return "" if self.most is None else f"≤ {self.most:g}"


class Check(msgspec.Struct, frozen=True):
    """One check: whether it ran, and its figures."""

    name: str
    state: Literal["ok", "missed", "failed"]
    """``missed``: it ran, and a figure is outside of its goal; ``failed``: it did not run to its end."""
    seconds: float
    figures: list[Figure] = []
    detail: str = ""

    @classmethod
    def of(cls, name: str, seconds: float, figures: Sequence[Figure]) -> Check:
        """A check that ran."""
        good = all(figure.reached for figure in figures)
        return cls(name, "ok" if good else "missed", round(seconds, 1), list(figures))


class Findings(msgspec.Struct, frozen=True):
    """All of one machine."""

    date: str
    gpus: list[str]
    versions: dict[str, str]
    checks: list[Check]
    rehearsed: bool = False
    """On the CPU, to try the script: its figures say nothing about a GPU."""

    @property
    def good(self) -> bool:
        """Whether every check ran and reached its goals."""
        return all(check.state == "ok" for check in self.checks)


def table(found: Findings) -> str:
    """In Markdown: one row per figure, the machine above."""
    machine = ", ".join(found.gpus) or "no GPU"
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    rehearsed = " **Rehearsed on the CPU: nothing here is about a GPU.**" if found.rehearsed else ""
    lines = [
        f"{machine}; {versions}; {found.date}.{rehearsed}",
        "",
        "| check | figure | value | goal | |",
        "|---|---|---:|---|---|",
    ]
    for check in found.checks:
        if check.state == "failed":
            lines.append(f"| {check.name} | failed: {check.detail.replace('|', '/')} | | | ✗ |")
        lines += [
            f"| {check.name} | {each.name} | {each.value:,.4g}{each.unit} | {each.goal} | {'✓' if each.reached else '✗'} |"
            for each in check.figures
        ]
    return "\n".join(lines) + "\n"


def idle_share(samples: Sequence[tuple[float, int]], begin: float, end: float) -> float:
    """Share of the samples (time, percent of utilisation) between two times at which the GPU had nothing to do.

    Raises:
        ValueError: no sample between them.
    """
    inside = [used for at, used in samples if begin <= at <= end]
    if not inside:
        raise ValueError("no sample of the GPU while replies were generated")
    return sum(used < BUSY for used in inside) / len(inside)


def busy_span(samples: Sequence[tuple[float, int]], seconds: float) -> tuple[float, float]:
    """The last so many seconds before the GPU was last busy, which is when replies were generated: loading comes before.

    Raises:
        ValueError: it never was.
    """
    busy = [at for at, used in samples if used >= BUSY]
    if not busy:
        raise ValueError("the GPU was never busy")
    return busy[-1] - seconds, busy[-1]


def hit_rate(n_prompt: int, n_read: int) -> float:
    """Share of the prompts' tokens that came from the prefix cache, of ``n_prompt`` tokens of which ``n_read`` were read."""
    return 1 - n_read / n_prompt if n_prompt else 0.0


def equal_share(ours: dict[str, str], theirs: dict[str, str]) -> float:
    """Share of the texts under common names that are the same.

    Raises:
        ValueError: no name in common.
    """
    common = ours.keys() & theirs.keys()
    if not common:
        raise ValueError("no reply in common")
    return sum(ours[name] == theirs[name] for name in common) / len(common)


def failures(replies: Sequence[Reply]) -> int:
    """How many replies are errors."""
    return sum(reply.error is not None for reply in replies)
