"""One reply in full: prompt, reply with marks, metrics, verdicts, keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from kikime.harness.core.axes import PLACE
from kikime.harness.core.errors import UsageError
from kikime.harness.metrics.registry import METRICS
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.cached import manifest_of
from kikime.leaderboard.data.queries.samples import Sample, Spoken, one, read_dialogue
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.common import frame_of, link, number, small
from kikime.leaderboard.page.marks import has_invisible
from kikime.leaderboard.page.state import switch, write
from kikime.leaderboard.views.samples.noting import noting


class Place(NamedTuple):
    """A reply's place in the list."""

    page: int
    key: str


def draw(
    t: Translator, run: RunDirectory, key: str, *, before: Place | None = None, after: Place | None = None
) -> None:
    """Draw the reply of ``key``, or say that the run has none; ``before`` and ``after`` are its neighbours in the list."""
    sample = one(run, key)
    if sample is None:
        st.warning(t("detail.none"))
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.header(t("detail.title"), anchor=False)
            _step(t, "previous", "left", before)
            _step(t, "next", "right", after)
            close = t("detail.close")
            st.button("✕", help=close, on_click=write, args=("sample", None), key="close_sample", shortcut="escape")
        safe.plain(" · ".join(f"{t(f'detail.{name}')} {getattr(sample, name)}" for name in PLACE))
        if sample.error:
            st.error(t("detail.failed"))
            safe.plain(t.stored(sample.error))
        _dialogue(t, sample)
        _reply(t, run, sample)
        expected(t, sample)
        noting(t, run, sample.key)
        _metrics(t, sample)
        _verdicts(t, sample)
        _prompt(t, sample)
        _keys(t, run, sample)


def _step(t: Translator, name: str, shortcut: str, place: Place | None) -> None:
    """A button, and a key, that goes on to a neighbour."""

    def go() -> None:
        if place is not None:
            write("sample", place.key)
            write("p", str(place.page) if place.page > 1 else None)

    label, text = t(f"detail.{name}"), f"{name}_sample"
    st.button(t(f"report.site.{name}"), help=label, on_click=go, key=text, shortcut=shortcut, disabled=place is None)


def history(t: Translator, sample: Sample) -> None:
    """The dialogue before a reply, folded away; nothing where there is none."""
    turns = read_dialogue(sample.history)
    if turns:
        with st.expander(t("detail.history", n=len(turns))):
            safe.bubbles(_spoken(t, turns))


def _spoken(t: Translator, turns: Sequence[Spoken]) -> list[tuple[bool, str, str]]:
    who = {True: t("detail.user"), False: t("detail.character")}
    return [(turn.role == "user", who[turn.role == "user"], turn.content) for turn in turns]


def _dialogue(t: Translator, sample: Sample) -> None:
    history(t, sample)
    small(t("detail.user"))
    safe.block(sample.user)


def expected(t: Translator, sample: Sample) -> None:
    """What the item expects, beside the reply."""
    wanted = sample.expected()
    if wanted:
        small(t("detail.expect"))
        safe.block(json.dumps(wanted, ensure_ascii=False, indent=1))


def _reply(t: Translator, run: RunDirectory, sample: Sample) -> None:
    if sample.reasoning:
        with st.expander(t("detail.thinking", n=f"{len(sample.reasoning):,}")):
            safe.block(sample.reasoning)
    text = sample.response
    ended = t.get(f"finish.{sample.finish_reason}", str(sample.finish_reason))
    small(t("detail.reply", n=f"{sample.n_chars:,}", ended=ended, tokens=f"{sample.n_output_tokens or 0:,}"))
    if len(text) > safe.SHOWN:
        small(t("detail.cut", shown=f"{safe.SHOWN:,}", n=f"{len(text):,}"))
        st.download_button(
            t("detail.download"), text.encode("utf-8", "replace"), "reply.txt", "text/plain", on_click="ignore"
        )
        if switch("full", t("detail.full")):
            safe.whole(text)
            return
    safe.block(text)
    spans = spans_of(run, sample)
    if spans or has_invisible(text):
        small(t("detail.marked"))
        safe.marked(text, spans, {name: t.metric(name) for name in spans})


def spans_of(run: RunDirectory, sample: Sample) -> dict[str, list[tuple[int, int]]]:
    """Which parts of the reply triggered which metric; empty where the run's manifest cannot tell."""
    from pydantic import ValidationError

    from kikime.harness.cards.persona import Persona
    from kikime.harness.prompts.scoring import scorer_of

    text = sample.response
    if not text or len(text) > 200_000:
        return {}
    try:
        card = manifest_of(run)["personas"][sample.persona]
        scorer = scorer_of(Persona.model_validate(card))
    except (UsageError, KeyError, TypeError, ValidationError):
        return {}
    found = scorer.explain(text, user=sample.user, system=sample.system or "", examples=sample.shown_examples())
    return {name: list(spans) for name, spans in found.items()}


def _metrics(t: Translator, sample: Sample) -> None:
    rows = [
        {
            "metric": t.metric(name),
            "id": name,
            "value": t("detail.not_applicable") if value is None else f"{value:.3g}",
            "about": getattr(METRICS[name], t.language) if name in METRICS else "",
        }
        for name, value in sample.metrics.items()
    ]
    with st.expander(t("detail.metrics", n=len(rows)), expanded=not sample.verdicts):
        columns = {name: t(f"detail.metric_{name}") for name in ("metric", "value", "about", "id")}
        safe.table(frame_of(rows, columns), alt=t("detail.metrics_alt"), height=320)


def _verdicts(t: Translator, sample: Sample) -> None:
    if not sample.verdicts:
        small(t("detail.no_verdicts"))
        return
    small(t("detail.verdicts"))
    for verdict in sample.verdicts:
        with st.container(border=True):
            status = t.get(f"status.{verdict.status}", verdict.status)
            name = t.get(f"criterion.{verdict.criterion}", verdict.criterion)
            shown = number(verdict.counted, 0 if verdict.expected_score is None else 2)
            who = f"{verdict.judge_id} · {verdict.protocol} · {verdict.rubric}"
            safe.plain(f"{name}　{shown} / {verdict.high}　{status}　({who})")
            if verdict.rationale:
                safe.plain(verdict.rationale)
            for quote in verdict.evidence or []:
                safe.block(quote)
            if verdict.error:
                safe.plain(t.stored(verdict.error))


def _prompt(t: Translator, sample: Sample) -> None:
    with st.expander(t("detail.prompt", n=f"{sample.n_prompt_tokens or 0:,}")):
        small(t("detail.prompt_note"))
        safe.block(sample.prompt, height=320)


def _keys(t: Translator, run: RunDirectory, sample: Sample) -> None:
    with st.expander(t("detail.keys")):
        rows = {"run": run.id, "key": sample.key, "pair_key": sample.pair_key}
        rows |= {
            name: getattr(sample, name)
            for name in ("seed", "repeat", "stop_reason", "latency_ms", "example_set", "shot_style")
        }
        safe.block("\n".join(f"{name:<12} {value}" for name, value in rows.items()))
    with st.container(horizontal=True):
        link("across", t("detail.across"), pair=sample.pair_key)
        link("compare", t("detail.compare"), b=run.id, pair=sample.pair_key, view="pair")
