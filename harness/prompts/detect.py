"""Which format a checkpoint was trained in: its chat template, its tokens and its EOS held against each format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message
from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Record
from kikime.harness.prompts.encoding import Encoder, encoder_for
from kikime.harness.prompts.format import NATIVE, Format, format_ids, load_format
from kikime.harness.prompts.renderer import Renderer
from kikime.harness.prompts.templates import compile_template, run_template
from kikime.harness.prompts.tokenizers import TransformersTokenizer

Certainty = Literal["certain", "likely", "possible", "unknown"]
_TOKEN_LIKE = re.compile(r"<[^<>/:\s]+>")
_SYSTEM, _FIRST = "〔S〕", "〔U1〕"
_SWITCHES: tuple[dict[str, bool], ...] = ({}, {"enable_thinking": False})
"""Arguments of chat templates that make another format of them."""
_OPENINGS = ("detect_opens", "detect_opened")
"""Differences in what opens the reply: the dialogue before it is the same."""
_SHOWN = 5
_QUOTED = 60
"""Characters of a template's own text that evidence quotes."""


class Match(Record, frozen=True):
    """How one format compares with what the checkpoint says of itself."""

    format: str
    same: int
    """Dialogues that the chat template writes exactly as the format does."""
    alike: int
    """The same, and those that differ only in spaces, before the first question, or in what opens the reply."""
    of: int
    """Dialogues that could be compared; 0 without a chat template."""
    template_args: dict[str, bool]
    """What was passed to the chat template for that."""
    tokens: int
    """Control strings of the format that are one token of the vocabulary …"""
    controls: int
    """… of those that look like one (``<|im_start|>``)."""
    ends: bool
    """Whether the tokenizer's EOS ends a reply of the format."""


class Detection(Record, frozen=True):
    """Which format a checkpoint was trained in, as far as its tokenizer tells."""

    tokenizer: str
    format: str | None
    """None where nothing says so."""
    certainty: Certainty
    """``certain``: the chat template writes the format; ``likely``: but for a detail; ``possible``: only the vocabulary says so."""
    evidence: list[Reason]
    matches: list[Match]
    """The formats that come closest, best first; five at most."""

    def frame_rows(self) -> object:
        """One row per format."""
        return self.matches


class _Written(NamedTuple):
    """What a chat template makes of the dialogues, without its BOS; None where it refuses one."""

    arguments: dict[str, bool]
    with_system: list[str | None]
    without: list[str | None]

    @property
    def system_fault(self) -> Reason | None:
        """Why dialogues with a system text say nothing about the format."""
        if None in self.with_system:
            return Reason("detect_refuses_system")
        return None if all(_SYSTEM in (text or "") for text in self.with_system) else Reason("detect_drops_system")

    @property
    def usable(self) -> list[tuple[int, bool]]:
        """The dialogues that can be compared: number of questions, and whether with a system text."""
        kinds = (False,) if self.system_fault else (True, False)
        return [(turns, system) for system in kinds for turns in (1, 2, 3) if self.text(turns, system=system)]

    def text(self, turns: int, *, system: bool) -> str:
        """One dialogue; empty where it is refused."""
        return (self.with_system if system else self.without)[turns - 1] or ""


def detect_format(tokenizer: TransformersTokenizer, name: str) -> Detection:
    """Find the format that a tokenizer's chat template writes, or whose tokens its vocabulary has.

    Formats that need a persona (``aines_v3``) are left out, as no chat template can write them.
    """
    encoder = encoder_for(tokenizer)
    formats = [form for form in map(load_format, format_ids()) if form.id != NATIVE and not form.uses_persona]
    written = _all_written(tokenizer, encoder)
    if not any(found.usable for found in written):
        code = "detect_no_template" if not written else "detect_refuses_all"
        return _by_vocabulary(name, encoder, formats, Reason(code))
    matches = sorted((_match(form, encoder, found) for found in written for form in formats), key=_closeness)
    close = list({match.format: match for match in reversed(matches) if match.alike == match.of}.values())[::-1]
    if not close:
        return Detection(name, None, "unknown", [Reason("detect_no_match", {"n": matches[0].of})], [])
    best = close[0]
    found = next(found for found in written if found.arguments == best.template_args)
    form = next(form for form in formats if form.id == best.format)
    doubts = [reason for reason in _differing(form, encoder, found, deciding=True) if reason.code not in _OPENINGS]
    sure = best.tokens == best.controls and not doubts
    evidence = [*_evidence(best, form, encoder, found), *map(_as_well, close[1:])]
    return Detection(name, best.format, "certain" if sure else "likely", list(filter(None, evidence)), close[:_SHOWN])


def _all_written(tokenizer: TransformersTokenizer, encoder: Encoder) -> list[_Written]:
    """What the chat template writes, by itself and with each switch that it has; empty without a template."""
    try:
        template = str(tokenizer.get_chat_template())
    except (ValueError, AttributeError):
        return []
    fixed = {**tokenizer.special_tokens_map, "tools": None, "documents": None, "add_generation_prompt": True}
    fixed |= {"bos_token": encoder.bos_token, "eos_token": encoder.eos_token}

    def write(arguments: dict[str, bool], turns: int, *, system: bool) -> str | None:
        try:
            variables = {**fixed, **arguments, "messages": _dialogue(turns, system=system)}
            return run_template(compile_template(template), variables).removeprefix(encoder.bos_token)
        except UsageError:
            return None

    return [
        _Written(
            arguments,
            [write(arguments, turns, system=True) for turns in (1, 2, 3)],
            [write(arguments, turns, system=False) for turns in (1, 2, 3)],
        )
        for arguments in _SWITCHES
        if all(argument in template for argument in arguments)
    ]


def _dialogue(turns: int, *, system: bool) -> list[Message]:
    messages = [chat.system(_SYSTEM)] if system else []
    for turn in range(1, turns + 1):
        messages += [chat.user(f"〔U{turn}〕"), chat.assistant(f"〔A{turn}〕")]
    return messages[:-1]


def _ours(form: Format, encoder: Encoder, turns: int, *, system: bool) -> str:
    """A dialogue in a format, with the tokenizer's BOS and EOS for the vendor's and no BOS in front."""
    text = Renderer(form, None).render(_dialogue(turns, system=system)).text.removeprefix(form.bos_token)
    if form.bos_token:
        text = text.replace(form.bos_token, encoder.bos_token)
    return text.replace(form.eos_token, encoder.eos_token) if form.eos_token and form.eos == "native" else text


def _match(form: Format, encoder: Encoder, written: _Written) -> Match:
    pairs = [
        (written.text(turns, system=system), _ours(form, encoder, turns, system=system))
        for turns, system in written.usable
    ]
    controls, tokens = _controls(form, encoder)
    return Match(
        format=form.id,
        same=sum(theirs == ours for theirs, ours in pairs),
        alike=sum(_differences(theirs, ours) is not None for theirs, ours in pairs),
        of=len(pairs),
        template_args=written.arguments,
        tokens=len(tokens),
        controls=len(controls),
        ends=_ends(form, encoder),
    )


def _closeness(match: Match) -> tuple[int, bool, int, int, bool, str]:
    """Sorts the closest format first; a variant of the talk goes before the vendor's only where it is the same throughout."""
    variant = match.format.endswith("_talk") and match.same < match.of
    return (-match.alike, variant, -match.same, match.controls - match.tokens, not match.ends, match.format)


def _differences(theirs: str, ours: str) -> list[Reason] | None:
    """The one detail in which two prompts differ, if any; None where they differ in more."""
    if theirs == ours:
        return []
    if theirs.replace(" ", "") == ours.replace(" ", ""):
        return [Reason("detect_spacing")]
    for longer, shorter, code in ((theirs, ours, "detect_opens"), (ours, theirs, "detect_opened")):
        if longer.startswith(shorter):
            return [Reason(code, {"text": _quoted(longer.removeprefix(shorter))})]
    if theirs.partition(_FIRST)[2] == ours.partition(_FIRST)[2]:
        return [Reason("detect_before", {"text": _quoted(theirs.partition(_FIRST)[0])})]
    return None


def _differing(form: Format, encoder: Encoder, written: _Written, *, deciding: bool) -> list[Reason]:
    """What differs between a format and the chat template, once each.

    ``deciding``: only in the dialogues with a system text, where there are such; most templates have one of their own otherwise.
    """
    found: dict[str, Reason] = {}
    for turns, system in written.usable:
        if system or not deciding or written.system_fault:
            theirs, ours = written.text(turns, system=system), _ours(form, encoder, turns, system=system)
            found |= {reason.code: reason for reason in _differences(theirs, ours) or []}
    return list(found.values())


def _evidence(best: Match, form: Format, encoder: Encoder, written: _Written) -> list[Reason]:
    evidence = [Reason("detect_writes", {"same": best.same, "n": best.of, "format": best.format})]
    if best.template_args:
        evidence.append(Reason("detect_switched", {"arguments": _spelled(best.template_args)}))
    fault = written.system_fault
    evidence += [fault] if fault else []
    decisive = _differing(form, encoder, written, deciding=True)
    rest = [reason for reason in _differing(form, encoder, written, deciding=False) if reason not in decisive]
    own = [Reason("detect_own_system", reason.values) for reason in rest if reason.code == "detect_before"]
    return [*evidence, *decisive, *own, *_vocabulary(form, encoder)]


def _as_well(match: Match) -> Reason | None:
    """Another format that the chat template writes with a switch of its own."""
    if match.same < match.of or not match.template_args:
        return None
    return Reason("detect_as_well", {"format": match.format, "arguments": _spelled(match.template_args)})


def _vocabulary(form: Format, encoder: Encoder) -> list[Reason]:
    controls, tokens = _controls(form, encoder)
    evidence = [Reason("detect_tokens", {"tokens": len(tokens), "n": len(controls)})] if controls else []
    if encoder.eos_token:
        code = "detect_eos_ends" if _ends(form, encoder) else "detect_eos_differs"
        evidence.append(Reason(code, {"eos": encoder.eos_token, "format": form.id}))
    return evidence


def _by_vocabulary(name: str, encoder: Encoder, formats: Sequence[Format], why: Reason) -> Detection:
    """What the vocabulary says where no chat template does: a base model may have the tokens of what it is tuned to later."""
    spoken_for = [form for form in formats if _complete(form, encoder) and encoder.eos_token in (form.eot, *form.stop)]
    families = {form.family for form in spoken_for}
    matches = [_match(form, encoder, _Written({}, [None] * 3, [None] * 3)) for form in spoken_for][:_SHOWN]
    if len(families) != 1:
        return Detection(name, None, "unknown", [why], matches)
    return Detection(name, spoken_for[0].id, "possible", [why, *_vocabulary(spoken_for[0], encoder)], matches)


def _complete(form: Format, encoder: Encoder) -> bool:
    controls, tokens = _controls(form, encoder)
    return len(controls) > 1 and len(tokens) == len(controls)


def _controls(form: Format, encoder: Encoder) -> tuple[list[str], list[str]]:
    """The control strings that look like tokens, and those of them that are."""
    controls = [marker for marker in form.markers if _TOKEN_LIKE.fullmatch(marker)]
    return controls, [marker for marker in controls if encoder.single_id(marker) is not None]


def _ends(form: Format, encoder: Encoder) -> bool:
    vendors = form.eot == form.eos_token and form.eos == "native"
    return bool(encoder.eos_token) and (vendors or encoder.eos_token in (form.eot, *form.stop))


def _spelled(arguments: dict[str, bool]) -> str:
    return ", ".join(f"{name}={str(value).lower()}" for name, value in arguments.items())


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"
