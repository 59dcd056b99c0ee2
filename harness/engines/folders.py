"""Whether a folder holds a whole checkpoint or LoRA adapter, told before anything is loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kikime.harness.core.errors import UsageError

WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")
_NOT_WEIGHTS = {"training_args.bin", "optimizer.bin", "scheduler.bin", "random_states_0.bin", "adapter_model.bin"}
_ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
_POINTER = b"version https://git-lfs.github.com/spec/"
_POINTER_SIZE = 1024
"""A file of Git LFS that was not fetched is smaller than this."""
_SHARD = re.compile(r"(?P<stem>.+)-\d+-of-(?P<total>\d{1,6})(?P<end>\.\w+)")
"""Name of one of several files of weights."""
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values of vLLM's ``max_lora_rank``."""


class Adapter(msgspec.Struct, frozen=True):
    """What ``adapter_config.json`` says of a LoRA adapter."""

    rank: int
    """The largest one, where layers differ."""
    target_modules: tuple[str, ...]
    base: str
    """The model that it was trained on, as training named it; empty where it does not say."""

    @property
    def max_lora_rank(self) -> int:
        """The least value of vLLM's option that the adapter fits into."""
        return next(rank for rank in RANKS if rank >= self.rank)


def check_checkpoint(folder: Path) -> list[Path]:
    """The weights of a checkpoint's folder.

    Raises:
        UsageError: it is an adapter, a GGUF file, or lacks its configuration, its weights or a part of them.
    """
    if folder.suffix == ".gguf" or (not (folder / "config.json").is_file() and any(folder.glob("*.gguf"))):
        raise UsageError(
            "{path}: a GGUF file, which kikime does not load",
            hint="give the folder of the safetensors that it was made from, or serve it and give openai:NAME@BASE_URL",
            path=folder,
        )
    if is_adapter(folder):
        raise UsageError(
            "{path}: a LoRA adapter, not a model",
            hint="kikime run {base} --lora {name}={path}",
            path=folder,
            base=read_adapter(folder).base or "BASE",
            name=folder.name,
        )
    if not (folder / "config.json").is_file():
        raise UsageError(
            "{path}: not a checkpoint (config.json is missing)",
            hint="give the directory that training saved",
            path=folder,
        )
    weights = [f for pattern in WEIGHTS for f in sorted(folder.glob(pattern)) if f.name not in _NOT_WEIGHTS]
    if not weights:
        raise UsageError(
            "{path}: no weights (*.safetensors) beside config.json",
            hint="give the directory that trainer.save_model() or model.save_pretrained() wrote",
            path=folder,
        )
    _check_shards(folder)
    for file in [*weights, folder / "tokenizer.json", folder / "tokenizer.model"]:
        _check_fetched(file)
    return weights


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds a LoRA adapter and no model."""
    return (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()


def adapter_weights(folder: Path) -> Path | None:
    """The file with an adapter's weights."""
    return next((folder / name for name in _ADAPTER_WEIGHTS if (folder / name).is_file()), None)


def read_adapter(folder: Path) -> Adapter:
    """What the LoRA adapter in ``folder`` is.

    Raises:
        UsageError: no adapter, another kind than LoRA, one that vLLM cannot load, or no weights.
    """
    path = folder / "adapter_config.json"
    if not path.is_file():
        raise UsageError(
            "{path}: no LoRA adapter here (adapter_config.json is missing)",
            hint="give --lora NAME=DIRECTORY",
            path=folder,
        )
    config = read_object(path)
    kind = str(config.get("peft_type", "LORA"))
    if kind.upper() != "LORA":
        raise UsageError(
            "{path}: an adapter of the kind {kind}, not LoRA",
            hint="merge it into its base and give that",
            path=path,
            kind=kind,
        )
    weights = adapter_weights(folder)
    if weights is None:
        raise UsageError(
            "{path}: the adapter has no weights ({name})", hint="save it again", path=folder, name=_ADAPTER_WEIGHTS[0]
        )
    _check_fetched(weights)
    for name in ("use_dora", "modules_to_save"):
        if config.get(name):
            raise UsageError(
                "{path}: {name} is set, which vLLM cannot load",
                hint="merge it into its base and give that",
                path=path,
                name=name,
            )
    return Adapter(
        _rank(config, path), _texts(config.get("target_modules")), str(config.get("base_model_name_or_path") or "")
    )


def _rank(config: dict[str, Any], path: Path) -> int:
    ranks = [config.get("r", 8), *(config.get("rank_pattern") or {}).values()]
    if not all(isinstance(rank, int) and rank > 0 for rank in ranks):
        raise UsageError(
            "{path}: the rank is no whole number: {ranks}", hint="save the adapter again", path=path, ranks=ranks
        )
    if max(ranks) > RANKS[-1]:
        raise UsageError(
            "{path}: rank {rank}, and vLLM loads up to {most}",
            hint="merge it into its base and give that",
            path=path,
            rank=max(ranks),
            most=RANKS[-1],
        )
    return int(max(ranks))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(sorted(map(str, value))) if isinstance(value, list) else (str(value),) if value else ()


def _check_shards(folder: Path) -> None:
    for index in sorted(folder.glob("*.index.json")):
        named = set((read_object(index).get("weight_map") or {}).values())
        missing = sorted(name for name in named if not (folder / str(name)).is_file())
        if missing:
            raise UsageError(
                "{path}: {n} of {total} {total:file|files} of the weights {n:is|are} missing: {names}",
                hint="copy or download them again; {index} lists them all",
                path=folder,
                n=len(missing),
                total=len(named),
                names=", ".join(missing[:3]),
                index=index.name,
            )
    for name, total, missing in _shards_of(folder):
        if missing:
            raise UsageError(
                "{path}: {n} of {total} {total:file|files} of the weights {n:is|are} missing: {names}",
                hint="copy or download them again; {index} lists them all",
                path=folder,
                n=len(missing),
                total=total,
                names=", ".join(missing[:3]),
                index=name,
            )


def _shards_of(folder: Path) -> Iterator[tuple[str, int, list[str]]]:
    """Each set of numbered files of weights: one of its names, how many there should be, and those that are missing.

    Training writes the index that lists them last.
    """
    names = {file.name for pattern in WEIGHTS for file in folder.glob(pattern)}
    for name in sorted(names):
        if shard := _SHARD.fullmatch(name):
            stem, total, end = shard["stem"], shard["total"], shard["end"]
            every = [f"{stem}-{number:0{len(total)}}-of-{total}{end}" for number in range(1, int(total) + 1)]
            yield name, len(every), [wanted for wanted in every if wanted not in names]


def _check_fetched(file: Path) -> None:
    """Refuse what Git LFS left in place of a file."""
    if not file.is_file() or file.stat().st_size > _POINTER_SIZE:
        return
    with file.open("rb") as stream:
        if stream.read(len(_POINTER)) == _POINTER:
            raise UsageError(
                "{path}: a pointer of Git LFS, not the file itself", hint="run git lfs pull there", path=file
            )


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file of a checkpoint.

    Raises:
        UsageError: it cannot be read, or is something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError("{path}: not readable as JSON: {error}", path=path, error=error) from None
    if not isinstance(found, dict):
        raise UsageError("{path}: not a JSON object", path=path)
    return found
