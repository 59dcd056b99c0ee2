"""The model under test: where it is, what exactly it is (fingerprint), how large it is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.files import cache_home, data_path, write_atomically
from kikime.harness.core.hashing import digest, file_sha256
from kikime.harness.engines.folders import (
    WEIGHTS,
    Adapter,
    adapter_weights,
    check_checkpoint,
    is_adapter,
    read_adapter,
    read_object,
)
from kikime.harness.engines.generation import GENERATION_CONFIG, OwnSampling, read_own_sampling

_IDENTITY = ("*.json", "*.jinja", "*.model", "*.txt", *WEIGHTS)
_SERVED = re.compile(r"openai:(?P<name>.+?)@(?P<url>https?://\S+)")
_NEXT_ADDRESS = re.compile(r",(?=https?://)")


class Checkpoint(msgspec.Struct, frozen=True):
    """A resolved model reference."""

    reference: str
    """What the user wrote."""
    name: str
    path: str | None
    """Local directory; None for a served model."""
    fingerprint: str
    """Digest over the files that determine the output; for a served model, over its name and address."""
    n_params: int | None
    max_model_len: int | None
    revision: str | None = None
    base_url: str | None = None
    """Address of its server; of several that serve the same, all of them with commas between."""
    mutable: bool = False
    """Whether the same reference may mean other weights tomorrow."""
    adapter: str | None = None
    model_type: str | None = None
    """Architecture, as config.json names it."""
    dtype: str | None = None
    """The precision that it was saved in."""
    own_sampling: OwnSampling | None = None
    """What its generation_config.json names."""
    lora: Adapter | None = None
    """What its adapter is."""
    max_lora_rank: int | None = None
    """What the engine must be loaded with, for this adapter and those that take turns with it."""
    vocabulary: int | None = None
    """Rows of its embedding."""
    weights: str | None = None
    """Digest over the folder that ``--tokenizer`` names, where a served model's weights lie in it."""

    @property
    def addresses(self) -> list[str]:
        """The addresses of its servers; none where it is loaded here."""
        return _NEXT_ADDRESS.split(self.base_url) if self.base_url else []

    def at(self, address: str) -> Checkpoint:
        """The same served by one server alone."""
        return msgspec.structs.replace(self, base_url=address)


def resolve_checkpoint(reference: str) -> Checkpoint:
    """Find the checkpoint that ``reference`` names and fingerprint it.

    ``reference`` is a directory, ``demo:NAME``, ``openai:NAME@BASE_URL[,BASE_URL…]`` or a hub id (downloaded if need be).

    Raises:
        UsageError: no such checkpoint, or the directory is not a complete checkpoint.
        EnvironmentFault: the hub cannot be reached.
    """
    served = _SERVED.fullmatch(reference)
    if served and not any("," in url.partition("?")[0] for url in _NEXT_ADDRESS.split(served["url"])):
        return _served(reference, served["name"], served["url"])
    if reference.startswith("openai:"):
        raise UsageError(
            "'{reference}' is not openai:NAME@BASE_URL",
            hint="for example openai:my-model@http://127.0.0.1:8000/v1; several servers with commas between, each with its http://",
            reference=reference,
        )
    if reference.startswith("demo:"):
        return _local(reference, _bundled(reference.removeprefix("demo:")))
    path = Path(reference)
    if path.exists() or reference.startswith((".", "/", "~")) or reference.count("/") != 1:
        return _local(reference, path.expanduser())
    return _from_hub(reference)


def bundled_checkpoints() -> list[str]:
    """Names of the checkpoints that come with kikime."""
    return sorted(path.parent.name for path in data_path("checkpoints").glob("*/config.json"))


def check_whole(folder: Path) -> None:
    """Refuse a folder that holds no whole checkpoint or adapter; nothing is hashed.

    Raises:
        UsageError: a file is missing, not fetched or cut short.
    """
    if is_adapter(folder):
        read_adapter(folder)
        weights = [file] if (file := adapter_weights(folder)) else []
    else:
        weights = check_checkpoint(folder)
        _read_config(folder / "config.json")
    _n_params(weights)


def with_adapter(base: Checkpoint, name: str, path: Path) -> Checkpoint:
    """The checkpoint that ``base`` becomes with the LoRA adapter in ``path``.

    Raises:
        UsageError: no LoRA adapter, or one that vLLM cannot load.
    """
    adapter = read_adapter(path)
    identity = [base.fingerprint, dict(_identity(path))]
    return msgspec.structs.replace(
        base,
        name=f"{base.name}+{name}",
        adapter=str(path.resolve()),
        lora=adapter,
        max_lora_rank=adapter.max_lora_rank,
        fingerprint=digest("model", identity),
    )


def with_facts(checkpoint: Checkpoint, source: str | None, n_params: int | None) -> Checkpoint:
    """A served model with what the folder or hub id ``source`` tells of it; ``n_params`` is surer than any of that."""
    if checkpoint.base_url and source:
        checkpoint = _described(checkpoint, source)
    return msgspec.structs.replace(checkpoint, n_params=n_params or checkpoint.n_params)


def _described(checkpoint: Checkpoint, source: str) -> Checkpoint:
    folder = Path(source).expanduser()
    if not folder.is_dir():
        return _described_by_hub(checkpoint, source)
    if not (folder / "config.json").is_file():
        return checkpoint
    found = _facts(folder, checkpoint)
    weights = [file for pattern in WEIGHTS for file in sorted(folder.glob(pattern))]
    if not weights:
        return found
    return msgspec.structs.replace(found, n_params=_n_params(weights), weights=digest("model", dict(_identity(folder))))


def _described_by_hub(checkpoint: Checkpoint, source: str) -> Checkpoint:
    """What the hub's small files tell; where it cannot be asked, nothing."""
    from huggingface_hub import get_safetensors_metadata, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, NotASafetensorsRepoError

    unreachable = (OSError, ValueError, HfHubHTTPError, NotASafetensorsRepoError)
    with suppress(*unreachable):
        folder = Path(snapshot_download(source, allow_patterns=["config.json", GENERATION_CONFIG]))
        checkpoint = _facts(folder, checkpoint) if (folder / "config.json").is_file() else checkpoint
        with suppress(*unreachable):
            n_params = sum(get_safetensors_metadata(source).parameter_count.values())
            return msgspec.structs.replace(checkpoint, n_params=n_params)
    return checkpoint


def _facts(folder: Path, checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with what the small files of its folder say."""
    config = _read_config(folder / "config.json")
    return msgspec.structs.replace(
        checkpoint,
        max_model_len=config.get("max_position_embeddings"),
        model_type=config.get("model_type"),
        dtype=config.get("dtype") or config.get("torch_dtype"),
        own_sampling=read_own_sampling(folder),
        vocabulary=config.get("vocab_size"),
    )


def _bundled(name: str) -> Path:
    if name not in bundled_checkpoints():
        raise UsageError(
            "no bundled checkpoint '{name}'",
            hint="there are: {known}",
            name=name,
            known=", ".join(bundled_checkpoints()),
        )
    return data_path("checkpoints") / name


def _served(reference: str, name: str, url: str) -> Checkpoint:
    return Checkpoint(
        reference=reference,
        name=name,
        path=None,
        fingerprint=digest("model", ["served", name, url]),
        n_params=None,
        max_model_len=None,
        base_url=url,
        mutable=True,
    )


def _from_hub(reference: str) -> Checkpoint:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        path = Path(snapshot_download(reference, allow_patterns=list(_IDENTITY)))
    except LocalEntryNotFoundError:
        raise EnvironmentFault(
            "{reference}: no such directory, and the model hub cannot be reached",
            hint="give the path of a local checkpoint",
            reference=reference,
        ) from None
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise UsageError(
            "{reference}: the model hub refused it: {reason}", reference=reference, reason=str(error).splitlines()[0]
        ) from None
    return msgspec.structs.replace(_local(reference, path), name=reference.rsplit("/", 1)[-1], revision=path.name)


def _local(reference: str, path: Path) -> Checkpoint:
    if not path.exists():
        raise UsageError(
            "{path}: no such checkpoint directory",
            hint="bundled: {known}",
            path=path,
            known=", ".join("demo:" + n for n in bundled_checkpoints()),
        )
    weights = check_checkpoint(path)
    checkpoint = Checkpoint(
        reference=reference,
        name=path.resolve().name,
        path=str(path.resolve()),
        fingerprint=digest("model", dict(_identity(path))),
        n_params=_n_params(weights),
        max_model_len=None,
    )
    return _facts(path, checkpoint)


def _n_params(weights: Sequence[Path]) -> int | None:
    return sum(_count_parameters(file) for file in weights if file.suffix == ".safetensors") or None


def _read_config(path: Path) -> dict[str, Any]:
    config = read_object(path)
    return {**config, **(config.get("text_config") or {})}


def _count_parameters(path: Path) -> int:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as tensors:
            shapes = [tensors.get_slice(name).get_shape() for name in tensors.keys()]  # noqa: SIM118  (not a mapping)
    except (SafetensorError, OSError) as error:
        raise UsageError(
            "{path}: broken safetensors file: {reason}",
            hint="copy or save the checkpoint again; the file is damaged or cut short",
            path=path,
            reason=error,
        ) from None
    return sum(math.prod(shape) for shape in shapes)


def _identity(path: Path) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each file that determines the output; hashes are remembered by (path, size, mtime)."""
    memory = _HashMemory()
    for file in sorted({file for pattern in _IDENTITY for file in path.glob(pattern)}):
        yield file.name, memory.sha256(file)
    memory.save()


class _Kept(msgspec.Struct):
    known: dict[str, str]
    digest: str


class _HashMemory:
    """SHA-256 of large files, kept in the user's cache directory; a damaged memory is forgotten."""

    def __init__(self) -> None:
        self._file = cache_home("sha256.json")
        self._known: dict[str, str] = {}
        self._changed = False
        with suppress(OSError, msgspec.MsgspecError, UnicodeError):
            kept = msgspec.json.decode(self._file.read_bytes(), type=_Kept)
            self._known = kept.known if kept.digest == digest("hashes", kept.known) else {}

    def sha256(self, path: Path) -> str:
        stat = path.stat()
        key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
        if key not in self._known:
            self._known[key] = file_sha256(path)
            self._changed = True
        return self._known[key]

    def save(self) -> None:
        if not self._changed:
            return
        with suppress(OSError, EnvironmentFault):  # a read-only home only costs hashing again
            self._file.parent.mkdir(parents=True, exist_ok=True)
            kept = _Kept(self._known, digest("hashes", self._known))
            write_atomically(self._file, msgspec.json.encode(kept))
