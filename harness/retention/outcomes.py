"""Per item: was the task done as asked (strict), and was its content right whatever the form (knowledge)?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kikime.harness.lmeval.evaluate import Document
from kikime.harness.metrics.answers.constraints import verify
from kikime.harness.metrics.answers.correct import Answer
from kikime.harness.metrics.answers.facts import measure_fact
from kikime.harness.retention.plan import neutral_id
from kikime.harness.store.database import open_tables, require_tables
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.grid import Materials
from kikime.harness.suites.task import Item, Task

if TYPE_CHECKING:
    import pandas as pd

WITH, WITHOUT = "with persona", "without persona"
_CHOICE = re.compile(r"^([A-DＡ-Ｄア-エ])[.．、]\s*(.+)$", re.MULTILINE)


class _Reply(NamedTuple):
    """A reply with the metrics that outcomes are made of; None where one does not apply."""

    task: str
    item_id: str
    persona: str
    user: str
    response: str
    error: str | None
    constraint_ok: float | None
    constraint_ok_loose: float | None
    fact_correct: float | None
    critical_failure: float | None


_METRICS = _Reply._fields[_Reply._fields.index("error") + 1 :]


class Outcome(NamedTuple):
    """Whether one reply did what was asked, as asked (``strict``) and in content (``knowledge``), 0–1."""

    source: str
    task: str
    condition: str
    persona: str
    item: str
    strict: float
    knowledge: float


def run_outcomes(run: RunDirectory) -> pd.DataFrame:
    """Outcomes of a run of :func:`kikime.harness.retention.with_and_without_persona`, one row per item and persona.

    ``strict``: every declared check holds and nothing critical went wrong, 0–1 (a mean over the item's cells).
    ``knowledge``: the right answer was given (alias match), the right choice named by letter or by its words, the
    required words said; where an item asks for a form alone, IFEval's loose check. Never below ``strict``.
    """
    import pandas as pd

    materials = Materials.from_json(run.manifest())
    replies = _replies(run)
    rows = [_outcome(reply, materials.tasks[reply.task]) for reply in replies]
    keys = list(Outcome._fields[:5])
    return (
        pd.DataFrame(rows, columns=list(Outcome._fields)).groupby(keys, as_index=False)[["strict", "knowledge"]].mean()
    )


def lm_eval_outcomes(rows: Iterable[Document], *, persona: str | None) -> pd.DataFrame:
    """Outcomes of lm-eval documents; a task's name is followed by its metric and, unless there is one only, its filter."""
    import pandas as pd

    table = [
        {
            "source": "lm-eval",
            "task": ":".join([row.task, row.metric, *([row.filter] if row.filter != "none" else [])]),
            "condition": WITHOUT if persona is None else WITH,
            "persona": persona or "none",
            "item": row.item,
            "strict": row.strict,
            "knowledge": row.knowledge,
        }
        for row in rows
    ]
    return pd.DataFrame(table, columns=list(Outcome._fields)).astype({"strict": float, "knowledge": float})


def _replies(run: RunDirectory) -> list[_Reply]:
    require_tables(run)
    with open_tables(run, "samples", "scores") as connection:
        wanted = ", ".join(f"max(value) FILTER (metric = '{name}') AS {name}" for name in _METRICS)
        cursor = connection.execute(
            f"""SELECT task, item_id, persona, user, response, error, {wanted} FROM samples LEFT JOIN scores USING (key)
                GROUP BY ALL"""  # noqa: S608  (own metric names)
        )
        return [_Reply(*row) for row in cursor.fetchall()]


def _outcome(reply: _Reply, task: Task) -> Outcome:
    item = next(item for item in task.items if item.id == reply.item_id)
    checks = [value for value in (reply.constraint_ok, reply.fact_correct) if value is not None]
    strict = reply.error is None and all(checks) and not reply.critical_failure
    known = reply.error is None and (strict or _knows(reply, item))
    return Outcome(
        source="kikime",
        task=neutral_id(task),
        condition=WITHOUT if task.bare else WITH,
        persona=reply.persona,
        item=f"{neutral_id(task)}/{item.id}",
        strict=float(strict),
        knowledge=float(known),
    )


def _knows(reply: _Reply, item: Item) -> bool:
    if "answers" in item.expect:
        return bool(reply.fact_correct)
    constraints: Sequence[Mapping[str, Any]] = item.expect["constraints"]
    letters = [str(letter) for c in constraints if c["kind"] == "letter_only" for letter in c.get("choices", ())]
    if letters:
        return names_choice(reply.response, reply.user, letters)
    required = [c for c in constraints if c["kind"] in {"required", "any_of"}]
    if required:
        return all(verify(reply.response, c) for c in required)
    return bool(reply.constraint_ok_loose)


def names_choice(text: str, question: str, letters: Sequence[str]) -> bool:
    r"""Whether ``text`` settles on one of ``letters``, by the letter or by the words of that choice, and on no other.

    >>> names_choice("燕ですわ", "どれ？\nA. 鯨\nB. 燕", ["B"]), names_choice("Aですわ", "どれ？\nA. 鯨\nB. 燕", ["B"])
    (True, False)
    """
    choices = {letter: words.strip() for letter, words in _CHOICE.findall(question)}
    right = [alias for letter in letters for alias in (letter, choices.get(letter, letter))]
    wrong = [alias for letter, words in choices.items() if letter not in letters for alias in (letter, words)]
    return bool(measure_fact(text, Answer(right, wrong))["fact_correct"])
