"""Rating in the browser: one reply by criteria, or two replies against each other. Model names never appear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import KikimeError
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.judges.verdicts.rubric import load_rubric
from kikime.leaderboard.data.cached import kept, manifest_of
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries import rating_queue
from kikime.leaderboard.data.queries.samples import read_dialogue
from kikime.leaderboard.data.ratings import (
    HIGH,
    LOW,
    Preference,
    Rated,
    Rating,
    annotate,
    pair_rating,
    preferences,
    read_annotations,
    scores_rating,
    swapped,
)
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import frame_of, number, small

RUBRIC = "character_v1"
_SIDES: tuple[Preference, Preference] = ("a", "b")


def scores(t: Translator, entry: Entry, run: RunDirectory, rater: str) -> None:
    """One reply at a time; a key 1–7 per criterion, then the next reply."""
    left, done = rating_queue.queue(run, rater, _candidates(run, "key"), mode="scores")
    skipped = st.session_state.setdefault(f"skipped_{run.id}_{rater}", [])
    course = _course(f"{run.id}_{rater}")
    _bar(t, done, done + len(left))
    left = [*course.again, *([key for key in left if key not in skipped] or left)]
    sample = rating_queue.reply(run, left[0]) if left else None
    if sample is None:
        st.success(t("rate.finished"))
        _undo_button(t, {}, course)
        return
    reading, scoring = st.columns([3, 2], gap="medium")
    with reading:
        _shown(t, run, sample)
        safe.block(sample.response)
    with scoring:
        _scoring(t, entry, run, rater, sample, course, skipped)


def _scoring(
    t: Translator, entry: Entry, run: RunDirectory, rater: str, sample: Rated, course: Course, skipped: list[str]
) -> None:
    """The criteria with their keys, beside the reply."""
    given: dict[str, int] = st.session_state.setdefault(f"given_{sample.key}_{rater}", {})
    current = _criteria(t, given)

    def rate(value: int) -> None:
        given[current] = value
        if len(given) == len(load_rubric(RUBRIC).criteria):
            rating = scores_rating(sample, given, rater=rater, model=entry.name, rubric=RUBRIC)
            if _save(run, rating):
                course.went_on(sample.key)
            else:
                given.popitem()

    with st.container(horizontal=True, gap="small"):
        for value in range(LOW, HIGH + 1):
            label, key = t("rate.points", n=value), f"score_{value}"
            st.button(label, key=key, on_click=rate, args=(value,), shortcut=str(value))
    small(t("rate.scale"))
    with st.container(horizontal=True, gap="small"):
        _undo_button(t, given, course)
        st.button(t("rate.skip"), key="skip", shortcut="s", on_click=skipped.append, args=(sample.key,))
    small(t("rate.keys"))


@dataclass
class Course:
    """What one rater has rated in this session, so that the last one can be taken up again."""

    rated: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    """Taken up again, the next one first."""

    def went_on(self, key: str) -> None:
        """Note that ``key`` is rated."""
        self.again = [other for other in self.again if other != key]
        self.rated.append(key)

    def go_back(self) -> str | None:
        """Take the last rated one up again; None where there is none."""
        if not self.rated:
            return None
        key = self.rated.pop()
        self.again.insert(0, key)
        return key


def _course(name: str) -> Course:
    found: Course = st.session_state.setdefault(f"course_{name}", Course())
    return found


def _undo_button(t: Translator, given: dict[str, int], course: Course) -> None:
    nothing = not given and not course.rated
    st.button(t("rate.undo"), key="undo", shortcut="u", disabled=nothing, on_click=_undo, args=(given, course))


def _criteria(t: Translator, given: Mapping[str, int]) -> str:
    """Show what has been scored, and ask for the next criterion; returns its id."""
    criteria = load_rubric(RUBRIC).criteria
    current = next((c for c in criteria if c.id not in given), criteria[-1])
    lines = []
    for criterion in criteria:
        mark = "▶" if criterion is current else "✓" if criterion.id in given else "・"
        score = f"　{given[criterion.id]}" if criterion.id in given else ""
        lines.append(f"{mark} {t.get(f'criterion.{criterion.id}', criterion.id)}{score}")
    safe.plain("\n".join(lines))
    small(t("rate.ask", criterion=t.get(f"criterion.{current.id}", "")))
    safe.plain(current.question)
    return current.id


def _undo(given: dict[str, int], course: Course) -> None:
    """Take the last score back; after a whole reply, that reply's last one: its new rating counts instead of the old one."""
    if given:
        given.popitem()
        return
    key = course.go_back()
    kept = next((found for name, found in st.session_state.items() if str(name).startswith(f"given_{key}_")), None)
    if kept:
        kept.popitem()


def pairs(t: Translator, a: RunDirectory, b: RunDirectory, rater: str) -> None:
    """Two replies to the same request, sides drawn by lot; the better one, or neither."""
    both = sorted(set(_candidates(a, "pair_key")) & set(_candidates(b, "pair_key")))
    a, b = sorted((a, b), key=lambda run: run.id)
    left, done = rating_queue.queue(a, rater, both, mode="pair", run_b=b.id)
    if not both:
        st.warning(t("rate.nothing_shared"))
        return
    course = _course(f"{a.id}_{b.id}_{rater}")
    _bar(t, done, len(both))
    left = [*course.again, *left]
    if not left:
        st.success(t("rate.finished"))
        _undo_button(t, {}, course)
        return
    one, other = (rating_queue.reply(run, left[0], "pair_key") for run in (a, b))
    if one is None or other is None:
        return
    _shown(t, a, one)
    flip = swapped(left[0], rater)
    for column, name, sample in zip(st.columns(2), ("1", "2"), (other, one) if flip else (one, other), strict=True):
        with column:
            small(t("rate.side", side=name))
            safe.block(sample.response)

    left_is, right_is = _SIDES[::-1] if flip else _SIDES
    meant: dict[str, Preference] = {"1": left_is, "2": right_is, "tie": "tie"}

    def prefer(side: str) -> None:
        if _save(a, pair_rating(one, other, meant[side], rater=rater, run_a=a.id, run_b=b.id, swapped=flip)):
            course.went_on(left[0])

    small(t("rate.which"))
    with st.container(horizontal=True, gap="small"):
        for side, key in (("1", "1"), ("tie", "0"), ("2", "2")):
            st.button(t(f"rate.prefer_{side}"), key=f"prefer_{side}", on_click=prefer, args=(side,), shortcut=key)
        _undo_button(t, {}, course)
    small(t("rate.pair_keys"))


def results(t: Translator, run: RunDirectory, other: RunDirectory | None) -> None:
    """What people have said so far; here the models have names again."""
    found: dict[tuple[str, str], list[float]] = {}
    for rating in read_annotations(run):
        for criterion, value in rating.human_scores.items():
            found.setdefault((rating.rater, criterion), []).append(value)
    rows = [
        {
            "rater": rater,
            "criterion": t.get(f"criterion.{criterion}", criterion),
            "n": len(v),
            "mean": number(sum(v) / len(v), 2),
        }
        for (rater, criterion), v in sorted(found.items())
    ]
    if rows:
        safe.table(
            frame_of(rows, {name: t(f"rate.col_{name}") for name in ("rater", "criterion", "n", "mean")}),
            alt=t("rate.results_alt"),
        )
        download.buttons(t, "ratings", rows, key="ratings")
    else:
        small(t("rate.no_scores"))
    if other is None or other.id == run.id:
        return
    a, b = sorted((run, other), key=lambda each: each.id)
    counts = preferences(read_annotations(a), b.id)
    if sum(counts.values()):
        names = {each.id: manifest_of(each).get("name", each.id) for each in (a, b)}
        safe.plain(
            f"{names[a.id]}: {counts['a']}　／　{t('rate.prefer_tie')}: {counts['tie']}　／　{names[b.id]}: {counts['b']}"
        )
    else:
        small(t("rate.no_pairs"))


def _shown(t: Translator, run: RunDirectory, sample: Rated) -> None:
    """What the rater needs to know: who speaks, to whom, after what."""
    card = Persona.model_validate(manifest_of(run)["personas"][sample.persona])
    safe.plain(f"{t('facet.persona')}: {card.name}")
    with st.expander(t("rate.card"), expanded=False):
        safe.plain(card.profile)
        if card.voice.sheet:
            safe.plain(card.voice.sheet)
        safe.listed(example.reply for example in card.examples[:5])
    for turn in read_dialogue(sample.history):
        safe.plain(f"{t('detail.user') if turn.role == 'user' else card.name}: {turn.content}")
    small(t("detail.user"))
    safe.block(sample.user)
    small(t("rate.reply"))


_candidates = kept(16)(rating_queue.keys)


def _bar(t: Translator, done: int, total: int) -> None:
    """How far the rater is, and whether the last rating was lost."""
    problem = st.session_state.pop("not_saved", None)
    if problem:
        st.error(t("rate.not_saved"))
        safe.plain(t.message(problem))
    st.progress(done / total if total else 0.0, text=t("rate.done", done=f"{done:,}", total=f"{total:,}"))


def _save(run: RunDirectory, rating: Rating) -> bool:
    """Append a rating; what went wrong is shown by the next run of the page."""
    try:
        annotate(run, rating)
    except KikimeError as error:
        st.session_state["not_saved"] = error.message
        return False
    return True
