"""問いと人物: what the bundled tasks ask, with the replies that hold their checks to account, and whom it is asked of."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from kikime.harness.cards.persona import Persona, load_persona, persona_ids
from kikime.harness.metrics.registry import METRICS
from kikime.harness.suites.task import Item, Task, load_task, task_ids
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.leaderboard.data.cached import index
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import frame_of, link, numbers, small, sound
from kikime.leaderboard.page.state import choose, tabs, translator, write

SHOWN = 200
"""Items of a task that the table shows."""


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("asked.about"))
    part = tabs("part", {name: t(f"asked.part_{name}") for name in ("tasks", "characters")})
    cards = {name: load_persona(name) for name in persona_ids()}
    persona = choose("persona", t("facet.persona"), [*cards], show=lambda name: f"{cards[name].name} ({name})")
    if part == "characters":
        _character(t, cards[persona])
        return
    banks = {name: load_task(name) for name in task_ids()}
    name = choose(
        "task",
        t("facet.task"),
        [*banks],
        show=lambda name: f"{t.of_bank(banks[name].title)} ({name})",
        resets=("item",),
    )
    _task(t, banks[name], cards[persona])


def _task(t: Translator, task: Task, persona: Persona) -> None:
    """What a task measures, how, and its items as they are put to a character."""
    safe.plain(t.of_bank(task.measures))
    small(t("asked.source"))
    safe.plain(t.of_bank(task.source))
    items = task.items_for(persona)
    metrics = [
        {"metric": t.metric(name), "about": getattr(METRICS[name], t.language), "id": name} for name in task.metrics
    ]
    if metrics:
        columns = {name: t(f"detail.metric_{name}") for name in ("metric", "about", "id")}
        safe.table(frame_of(metrics, columns), alt=t("asked.metrics_alt"))
    st.header(t("asked.items", n=len(items)), anchor=False)
    if not items:
        small(t("asked.no_items"))
        return
    _items(t, task, persona, items)
    recent = next(sound(entry.id for entry in index().entries() if entry.head is not None), None)
    if recent:
        link("samples", t("asked.replies"), run=recent, task=task.id, persona=persona.id)


def _items(t: Translator, task: Task, persona: Persona, items: Sequence[Item]) -> None:
    """A table of the items, and one of them in full."""
    rows = [{"item": item.id, "user": item.user, "probes": _count(item)} for item in items[:SHOWN]]
    columns = {name: t(f"asked.col_{name}") for name in ("item", "user", "probes")}
    config = {columns["user"]: st.column_config.TextColumn(width=640)}
    safe.table(
        frame_of(rows, columns), alt=t("asked.items_alt"), column_config=config, height=min(38 + 35 * len(rows), 360)
    )
    name = choose("item", t("asked.item"), [item.id for item in items])
    item = next(item for item in items if item.id == name)
    with st.container(border=True):
        spoken = [(turn.role == "user", _who(t, turn.role), turn.content) for turn in item.history]
        safe.bubbles([*spoken, *((True, t("detail.user"), line) for line in (item.user, *item.script))])
        told = {t("asked.scene"): item.scene, t("asked.instruction"): item.instruction or task.instruction}
        told |= {f"{t('facet.context')}: {kind}": text for kind, text in item.contexts.items()}
        for label, text in told.items():
            if text:
                small(label)
                safe.block(text)
        expected = task.expect_at(item, 0, persona)
        if expected:
            small(t("detail.expect"))
            safe.block(json.dumps(expected, ensure_ascii=False, indent=1))
        _probes(t, item)
    download.buttons(t, f"items-{task.id}", rows, key="items")


def _who(t: Translator, role: str) -> str:
    return t("detail.user" if role == "user" else "detail.character")


def _count(item: Item) -> str:
    n = (len(item.probes.right), len(item.probes.wrong))
    return f"✓ {n[0]}　✗ {n[1]}" if any(n) else ""


def _probes(t: Translator, item: Item) -> None:
    """Replies that the item's check accepts, and such that it must not."""
    for kind, sign in (("right", "✓"), ("wrong", "✗")):
        found = getattr(item.probes, kind)
        if found:
            small(t(f"asked.{kind}"))
            safe.listed(f"{sign} {text}" for text in found)


def _character(t: Translator, card: Persona) -> None:
    """A card: who it is, how it speaks, what it knows, and lines of its own."""
    st.header(t("asked.profile"), anchor=False)
    safe.block("\n\n".join(filter(None, (card.profile, card.background))))
    voice, length = card.voice, card.length
    numbers(
        [
            (t("asked.chars"), f"{length.chars[0]}–{length.chars[1]}"),
            (t("asked.sentences"), f"{length.sentences[0]}–{length.sentences[1]}"),
            (t("asked.markers"), percent(voice.markers.target_rate, 0)),
            (t("asked.facts"), str(len(card.facts))),
        ]
    )
    said = {
        "first_person": [*voice.first_person.allowed],
        "second_person": [*voice.second_person.allowed],
        "forbidden": [*voice.first_person.forbidden, *voice.second_person.forbidden, *voice.forbidden],
        "patterns": [*voice.markers.strong, *voice.markers.weak],
    }
    rows = [{"what": t(f"asked.{name}"), "value": "　".join(words)} for name, words in said.items() if words]
    columns = {"what": t("asked.col_what"), "value": t("detail.metric_value")}
    if rows:
        safe.table(frame_of(rows, columns), alt=t("asked.voice_alt"))
    if card.facts:
        st.header(t("asked.facts"), anchor=False)
        facts = [
            {"user": fact.question, "answers": "　".join(fact.answers), "wrong": "　".join(fact.wrong)}
            for fact in card.facts
        ]
        headings = {"user": t("asked.col_user"), "answers": t("asked.col_answers"), "wrong": t("asked.col_wrong")}
        safe.table(frame_of(facts, headings), alt=t("asked.facts_alt"), row_height=64, height=480)
    if card.examples:
        st.header(t("asked.examples", n=len(card.examples)), anchor=False)
        for example in card.examples[:6]:
            safe.bubbles([(True, t("detail.user"), example.user), (False, card.name, example.reply)])
    st.button(t("asked.to_tasks"), on_click=write, args=("part", None), key="to_tasks")
