"""A prompt format: one template and one sidecar that says what the template cannot."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.hashing import digest
from kikime.harness.core.yamlfile import StrictModel, load_yaml

FORMATS = Path(__file__).parent / "formats"
NATIVE = "native"

Texts = tuple[Annotated[str, Field(min_length=1)], ...]


class Source(StrictModel):
    """Where the exact strings come from."""

    kind: Literal["vendor", "talk", "own"]
    url: str = ""
    citation: str


class Roles(StrictModel):
    """The strings that open a turn of each role; an empty tuple means that nothing does."""

    system: Texts
    user: Texts
    assistant: Texts


class Format(StrictModel):
    """The sidecar of a prompt format; its template is the ``.jinja`` file of the same name."""

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
    shots_supported: tuple[Literal["turns", "text"], ...]
    repeats_system: bool = False
    """Whether every turn repeats the system text."""
    prefix_stable: bool = True
    """Whether a dialogue's prompt is the beginning of every continuation's prompt."""
    dummy_prefix: bool = False
    """Whether a space after BOS, EOS or a control token stands for SentencePiece's dummy prefix."""
    uses_persona: bool = False
    """Whether the template names the speakers and has sections for the card."""
    notes: str = ""

    @model_validator(mode="after")
    def _lossy_says_what(self) -> Format:
        if (self.newlines != "keep") != bool(self.lossy):
            msg = "'newlines' and 'lossy' belong together: a format that changes newlines says so"
            raise ValueError(msg)
        return self

    @cached_property
    def template(self) -> str:
        """The Jinja source; empty for ``native``, whose template is the tokenizer's."""
        if self.id == NATIVE:
            return ""
        path = FORMATS / f"{self.id}.jinja"
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise FileFormatError(path, None, f"cannot be read: {error.strerror}") from None

    @cached_property
    def hash(self) -> str:
        """Content hash of sidecar and template, for run manifests."""
        return digest("format", [self.model_dump(mode="json"), self.template])

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


def format_ids() -> list[str]:
    """Ids of all formats, sorted."""
    return sorted(path.stem for path in FORMATS.glob("*.yaml"))


@lru_cache(maxsize=128)
def load_format(format_id: str) -> Format:
    """Load a format by its id.

    Raises:
        UsageError: no such format; the nearest ids are named.
    """
    known = format_ids()
    if format_id not in known:
        near = get_close_matches(format_id, known, n=1, cutoff=0.4)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"no prompt format '{format_id}'", hint=f"{hint}formats: {', '.join(known)}")
    loaded = load_yaml(FORMATS / f"{format_id}.yaml", Format)
    if loaded.id != format_id:
        raise FileFormatError(FORMATS / f"{format_id}.yaml", 1, f"id '{loaded.id}' is not the file's name")
    return loaded
