"""Loading a checkpoint's tokenizer, with errors that say what is wrong."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import orjson

from kikime.harness.core.errors import EnvironmentFault, KikimeError, UsageError

_FILES = ("tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "spiece.model")
_EXPECTED = (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError)


def load_tokenizer(path_or_id: str | Path) -> Any:
    """Load the tokenizer of a local checkpoint or of a Hub id (transformers; remote code is not run).

    Raises:
        UsageError: the path does not exist, or its directory holds no tokenizer or a broken one.
        EnvironmentFault: the Hub cannot be reached, or does not have it.
    """
    path = Path(path_or_id)
    local = path.exists() or _looks_like_path(str(path_or_id))
    if local:
        _check_directory(path)
    from transformers import AutoTokenizer  # takes seconds

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries would be ten lines; ours is one
    try:
        return AutoTokenizer.from_pretrained(str(path_or_id))
    except Exception as error:
        # the tokenizers library reports a broken file as a bare Exception; anything unknown goes on up
        if type(error) is not Exception and not isinstance(error, _EXPECTED):
            raise
        raise _explained(str(path_or_id), local, str(error).strip().partition("\n")[0]) from None


def _explained(reference: str, local: bool, reason: str) -> KikimeError:
    if local:
        return UsageError(
            f"{reference}: the tokenizer does not load: {reason}",
            hint="save it again with tokenizer.save_pretrained(…), or give another --tokenizer",
        )
    return EnvironmentFault(
        f"no tokenizer for '{reference}': {reason}",
        hint="give a local directory, or check the name and the connection to the Hub (HF_HUB_OFFLINE, HF_TOKEN)",
    )


def _looks_like_path(reference: str) -> bool:
    return reference.startswith((".", "/", "~")) or reference.count("/") != 1


def _check_directory(path: Path) -> None:
    if not path.exists():
        raise UsageError(f"{path}: no such directory", hint="give a checkpoint's directory or a Hub id")
    if not path.is_dir():
        raise UsageError(f"{path}: not a directory", hint="give the directory that holds tokenizer.json")
    if not any((path / name).is_file() for name in _FILES):
        raise UsageError(
            f"{path}: no tokenizer here (none of {', '.join(_FILES)})",
            hint="copy the tokenizer's files next to the weights, or give --tokenizer",
        )
    for name in ("tokenizer.json", "tokenizer_config.json"):
        _check_json(path / name)


def _check_json(path: Path) -> None:
    if not path.is_file():
        return
    try:
        data = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", hint="check its permissions") from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}: not valid JSON: {error.msg}", hint="fetch the file again") from None
    model = data.get("model") if isinstance(data, dict) else None
    if not isinstance(data, dict) or (
        path.name == "tokenizer.json" and not (isinstance(model, dict) and "vocab" in model)
    ):
        raise UsageError(f"{path}: not a tokenizer: it has no vocabulary", hint="fetch the file again")
