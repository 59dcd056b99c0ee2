"""What a run writes down before it begins, as it is read back: the parts of ``manifest.json`` that kikime looks into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict

Json = Mapping[str, object]
"""A parsed JSON object of which nothing is known."""


class StoredCheckpoint(TypedDict):
    """Which model a run measures."""

    reference: str
    """As it was named on the command line."""
    name: str
    path: str
    fingerprint: str
    n_params: int | None
    revision: str | None
    own_sampling: NotRequired[dict[str, object] | None]
    """What its generation_config.json names."""


class StoredOptions(TypedDict):
    """How its engine was loaded."""

    engine: str
    template_args: NotRequired[dict[str, object]]
    """Variables of the checkpoint's own chat template."""
    reasoning_tokens: NotRequired[int]
    """What a reply may think beside its own tokens."""


class StoredPlan(TypedDict):
    """What it asks for."""

    hash: str
    n_replies: int
    bos: NotRequired[str]
    """``tokenizer``: a format's BOS was left out where the tokenizer adds none; 0.1.0 always wrote it."""


class StoredSampling(TypedDict):
    """How its replies are drawn."""

    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float
    seed: int


class StoredSuite(TypedDict):
    """Its grid."""

    id: str
    sampling: StoredSampling


class StoredUser(TypedDict):
    """Who speaks the user's lines of its dialogues."""

    model: str
    """As it was named on the command line."""
    checkpoint: NotRequired[StoredCheckpoint]
    """Where it is loaded beside the character's."""


USER_MODEL = "--user-model"
"""Where ``hashes.sampling`` says who speaks the user's lines of dialogues; ``self:…`` where the model itself does."""


class StoredHashes(TypedDict):
    """Digests of its parts."""

    tasks: dict[str, str]
    personas: dict[str, str]
    formats: dict[str, str]
    sampling: StoredSampling
    scorer: str
    metrics: NotRequired[dict[str, str]]


class StoredCalls(TypedDict):
    """Whom the character is to call by name."""

    who: str
    names: list[str]


class StoredItem(TypedDict):
    """One item of a task."""

    id: str
    script: list[str]
    history: NotRequired[list[dict[str, str]]]
    pressure: NotRequired[list[int]]
    recalls: NotRequired[dict[str, int]]
    """Turns, from 1, that ask back what was said, and the turn that said it."""
    calls: NotRequired[StoredCalls]
    contexts: dict[str, str]


class StoredTask(TypedDict):
    """A bank of items, whole."""

    kind: NotRequired[str | None]
    title: str
    version: int
    metrics: list[str]
    rubrics: NotRequired[list[str]]
    max_tokens: int
    bare: bool
    label_sets: dict[str, list[str]]
    items: list[StoredItem]


class StoredMarkers(TypedDict):
    """How often a persona marks its sentences."""

    strong: list[str]
    target_rate: float | None
    tolerance: float


class StoredVoice(TypedDict):
    """How a persona speaks."""

    markers: StoredMarkers


class StoredPersona(TypedDict):
    """A card, whole."""

    voice: StoredVoice
    length: dict[str, tuple[float, float]]
    """``chars`` and ``sentences``: the range that a reply should keep, as a pair."""


class StoredSeries(TypedDict):
    """Where its checkpoint stands among those of one training run."""

    name: str
    step: int | None


class StoredCriterion(TypedDict):
    """One question to a judge."""

    id: str


class StoredRubric(TypedDict):
    """What judges are asked, whole."""

    kind: str
    criteria: list[StoredCriterion]


class StoredFormat(TypedDict):
    """A prompt format, whole."""

    stop: list[str]


class Manifest(TypedDict):
    """The immutable plan and provenance of a run; older runs lack what is not required."""

    schema: int
    run: str
    kind: NotRequired[str]
    """``benchmark`` or ``retention``."""
    name: str
    created_at: str
    checkpoint: StoredCheckpoint
    options: StoredOptions
    suite: StoredSuite
    tasks: dict[str, StoredTask]
    personas: dict[str, StoredPersona]
    formats: NotRequired[dict[str, StoredFormat]]
    techniques: NotRequired[dict[str, Json]]
    rubrics: NotRequired[dict[str, StoredRubric]]
    metrics: NotRequired[dict[str, dict[str, object]]]
    hashes: StoredHashes
    plan: StoredPlan
    kikime: dict[str, object]
    without_bos: NotRequired[list[str]]
    """Formats whose BOS was left out, as the tokenizer adds none."""
    hardware: NotRequired[dict[str, object]]
    user: NotRequired[StoredUser]
    series: NotRequired[StoredSeries]
    """Of a checkpoint that ``kikime sweep`` or ``kikime watch`` found in a training run."""


def scripted_tasks(manifest: Manifest) -> dict[str, StoredTask]:
    """The tasks of a run with dialogues whose user's lines are written down."""
    return {name: task for name, task in manifest["tasks"].items() if any(item.get("script") for item in task["items"])}
