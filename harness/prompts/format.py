"""A prompt format: one template and one sidecar that says what the template cannot.

A format of one's own is ``my.yaml`` with ``my.jinja`` beside it, or with the template inside as ``template: |``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, model_validator

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.files.yamlfile import StrictModel, load_yaml, problem_at
from kikime.harness.core.hashing import digest
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts
from kikime.harness.prompts.templates import check_template

_BUNDLED = Path(__file__).parent / "formats"
NATIVE = "native"

Texts = tuple[Annotated[str, Field(min_length=1)], ...]


SHORTEST_PROSE = 9
"""Shorter pieces of a template are labels, which the leak metrics know."""
_LITERAL = re.compile(r"'([^'\n]*)'")
_SLOT = re.compile(r"' \+ \w+ \+ '")
_TAG = re.compile(r"<[^<>]*>|\[[A-Z_/]+\]|#+ ?[A-Za-z]+:?")
_SENTENCE_END = re.compile(r"(?<=[。.!?])|\n")


class Source(StrictModel):
    """Where the exact strings come from."""

    kind: Literal["vendor", "talk", "own"]
    url: str = ""
    citation: str
    read: str = ""
    """The day on which the source said so, as 2026-11-28; empty for sources that do not change."""


class Roles(StrictModel):
    """The strings that open a turn of each role; an empty tuple means that nothing does."""

    system: Texts
    user: Texts
    assistant: Texts


class Format(StrictModel):
    """A prompt format, complete: what its sidecar says, and the template."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    title: str
    family: str
    source: Source
    stop: Texts
    """Strings that end a reply; resolved per tokenizer into strings and token ids."""
    eot: str
    """What the vendor writes after a reply; the vendor's EOS stands for the tokenizer's own."""
    bos: bool
    """Whether the prompt begins with a BOS, where the tokenizer has one."""
    bos_token: str = ""
    """The vendor's BOS, printed when there is no tokenizer."""
    eos: Literal["native", "literal", "none"]
    """After earlier replies: the tokenizer's EOS, the vendor's string, or nothing."""
    eos_token: str = ""
    """The vendor's EOS, printed when there is no tokenizer."""
    system: Literal["native", "preamble", "instruction", "prepend_first_user", "last_user", "as_turn"]
    """Where the system text goes."""
    roles: Roles
    n_roles: int | Literal["any"]
    """How many different speakers the format can name, the system among them."""
    markers: Texts
    """The control strings, for the card and the leak metrics."""
    enclosed: bool
    """Whether every content has a closing marker of its own."""
    newlines: Literal["keep", "single", "tag"] = "keep"
    """``single`` makes one of two newlines in a row (three leave a blank line); ``tag`` writes ``<NL>`` for each newline."""
    lossy: Texts
    """What is lost, in words; empty when every text survives (outer white space aside)."""
    repeats_system: bool = False
    """Whether every turn repeats the system text."""
    dummy_prefix: bool = False
    """Whether a space after BOS, EOS or a control token stands for SentencePiece's dummy prefix."""
    uses_persona: bool = False
    """Whether the template names the speakers and has sections for the card."""
    opening: str = ""
    """What stands before the reply that is asked for and not before earlier ones, e.g. the empty thought of Qwen 3."""
    models: tuple[str, ...] = ()
    """Published models whose own templates write these strings."""
    notes: str = ""
    template: str = ""
    """The Jinja source; empty for ``native``, whose template is the tokenizer's."""

    @model_validator(mode="before")
    @classmethod
    def _template_beside(cls, data: object, info: ValidationInfo) -> object:
        """Read the template from the file beside the sidecar, unless it stands inside."""
        path: Path | None = (info.context or {}).get("path")
        if path is None or not isinstance(data, dict) or data.get("template") or data.get("id") == NATIVE:
            return data
        beside = path.with_suffix(".jinja")
        try:
            source = beside.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise problem_at(
                [], "no template: neither '{file}' beside this file nor a key 'template'", file=beside.name
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise FileFormatError(beside, None, "cannot be read: {reason}", reason=error) from None
        check_template(source, beside)
        return {**data, "template": source}

    @model_validator(mode="after")
    def _only_native_has_none(self) -> Format:
        if (self.id == NATIVE) == bool(self.template):
            if self.id == NATIVE:
                raise problem_at(["id"], "'{format}' is the name of the checkpoint's own template", format=NATIVE)
            raise problem_at(["id"], "the template is empty")
        return self

    @model_validator(mode="after")
    def _lossy_says_what(self) -> Format:
        if (self.newlines != "keep") != bool(self.lossy):
            msg = Phrase("'newlines' and 'lossy' belong together: a format that changes newlines says so")
            raise ValueError(msg)
        return self

    @property
    def prefix_stable(self) -> bool:
        """Whether a dialogue's prompt is the beginning of every continuation's prompt."""
        return self.system != "last_user" and not self.uses_persona and not self.opening

    @cached_property
    def prose(self) -> tuple[str, ...]:
        """The sentences that the template itself says, without tags, 〓 for names: none of them is anybody's reply."""
        literals = "\n".join(_LITERAL.findall(_SLOT.sub("〓", self.template))).replace("\\n", "\n")
        pieces = _SENTENCE_END.split(_TAG.sub("\n", literals))
        sentences = (piece.strip() for piece in pieces if piece.strip().endswith(("。", ".", "!", "?")))
        return tuple(dict.fromkeys(sentence for sentence in sentences if len(sentence) > SHORTEST_PROSE))

    @cached_property
    def hash(self) -> str:
        """Content hash of sidecar and template, for run manifests."""
        silent: dict[str, bool | set[str]] = {
            "template": True,
            "models": True,
            "source": {"read"},
            "opening": not self.opening,
        }
        sidecar = self.model_dump(mode="json", exclude=silent)
        former = {"shots_supported": ["turns", "text"], "prefix_stable": self.prefix_stable}
        return digest("format", [sidecar | former, self.template])  # as in runs that were made when these were fields

    def clean(self, content: str) -> str:
        """Normalise a content as the template does: outer white space goes, newlines as declared."""
        return self.normalise(content.strip())

    def normalise(self, content: str) -> str:
        """Write newlines as the format does."""
        if self.newlines == "keep":
            return content
        content = content.replace("\r\n", "\n")
        return content.replace("\n\n", "\n") if self.newlines == "single" else content.replace("\n", "<NL>")

    def read_reply(self, raw: str) -> str:
        """Undo in a generated reply what ``clean`` does to contents (``<NL>`` is a newline)."""
        return raw.replace("<NL>", "\n") if self.newlines == "tag" else raw


FORMATS = Parts(
    Phrase("format"),
    Format,
    lambda: {path.stem: path for path in sorted(_BUNDLED.glob("*.yaml"))},
    load=lambda path: load_yaml(path, Format),
)
"""The prompt formats: bundled, of installed packages, or files."""


def format_ids() -> list[str]:
    """Ids of the bundled formats and of those that installed packages bring, sorted."""
    return FORMATS.ids()


def load_format(reference: str, folder: Path | None = None) -> Format:
    """Load a format by its id, or by the path of its YAML file (relative to ``folder``).

    Raises:
        UsageError: no such format; the nearest ids are named.
        FileFormatError: the sidecar or the template is wrong (file and line are named).
    """
    return FORMATS.find(reference, folder) if FORMATS.is_path(reference) else _by_id(reference)


@lru_cache(maxsize=128)
def _by_id(name: str) -> Format:
    return FORMATS.find(name)


def role_markers(formats: Iterable[Format]) -> tuple[str, ...]:
    """Strings that open a turn in one of the formats, e.g. ``USER:``, ``ユーザー:``, ``### Instruction:``; longest first."""
    roles = (part for f in formats for part in (f.roles.system, f.roles.user, f.roles.assistant))
    return _longest_first(marker for role in roles for marker in role)


def line_start_markers(formats: Iterable[Format]) -> tuple[str, ...]:
    """Role markers that are ordinary words with a colon or a ``###`` header: a leak only where a line begins."""
    return tuple(marker for marker in role_markers(formats) if marker.endswith(":") and marker[0] not in "<[")


def control_strings(formats: Iterable[Format]) -> tuple[str, ...]:
    """Control strings that are a leak anywhere in a reply (``<|im_end|>``, ``[/INST]``, ``</s>`` …); longest first."""
    formats = list(formats)
    strings = (marker for f in formats for marker in (*f.markers, *f.stop, f.eot, f.bos_token, f.eos_token))
    words = set(line_start_markers(formats))
    return _longest_first(text for text in strings if text.strip() and text not in words)


def known_formats() -> list[Format]:
    """Every bundled and installed format."""
    return [load_format(name) for name in format_ids()]


@lru_cache(maxsize=1)
def all_role_markers() -> tuple[str, ...]:
    """:func:`role_markers` of every bundled and installed format."""
    return role_markers(known_formats())


@lru_cache(maxsize=1)
def all_control_strings() -> tuple[str, ...]:
    """:func:`control_strings` of every bundled and installed format."""
    return control_strings(known_formats())


@lru_cache(maxsize=1)
def bundled_control_strings() -> frozenset[str]:
    """:func:`control_strings` of the bundled formats, which are the same wherever a run goes on."""
    return frozenset(control_strings(load_format(name) for name in FORMATS.bundled()))


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts), key=lambda text: (-len(text), text)))
