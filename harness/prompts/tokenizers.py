"""Loading a checkpoint's tokenizer, with errors that say what is wrong."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

import orjson

from kikime.harness.core.errors import EnvironmentFault, KikimeError, UsageError
from kikime.harness.core.reasons import parser_reason, system_reason


class AddedToken(Protocol):
    """A token that was added to a vocabulary."""

    content: str
    special: bool
    lstrip: bool
    single_word: bool


class Encoding(Protocol):
    """What calling a tokenizer gives."""

    input_ids: list[int]


class TransformersTokenizer(Protocol):
    """What kikime asks of a tokenizer of transformers."""

    bos_token: str | None
    eos_token: str | None
    bos_token_id: int | None
    eos_token_id: int | None
    chat_template: object
    name_or_path: str

    @property
    def added_tokens_decoder(self) -> Mapping[int, AddedToken]:
        """Added tokens by id."""

    @property
    def all_special_ids(self) -> Sequence[int]:
        """Ids of the special tokens."""

    @property
    def all_special_tokens(self) -> Sequence[str]:
        """Their spellings, in the same order."""

    @property
    def special_tokens_map(self) -> Mapping[str, object]:
        """Special tokens by role, as a chat template knows them."""

    def __hash__(self) -> int:
        """Of the object: one encoder is kept per tokenizer."""

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> Encoding:
        """Encode as training does."""

    def encode(self, text: str, *, add_special_tokens: bool = True, split_special_tokens: bool = False) -> list[int]:
        """Token ids of a text."""

    def decode(
        self,
        token_ids: int | Sequence[int],
        *,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
    ) -> str:
        """The text of token ids."""

    def convert_ids_to_tokens(self, ids: int) -> str | None:
        """One token of the vocabulary."""

    def get_chat_template(self) -> str:
        """The chat template; a ValueError where there is none."""

    def apply_chat_template(
        self,
        conversation: Sequence[Mapping[str, str]],
        *,
        tokenize: bool,
        add_generation_prompt: bool,
        continue_final_message: bool,
    ) -> object:
        """A conversation in the chat template."""


_FILES = ("tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "spiece.model")
_EXPECTED = (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError)


def load_tokenizer(path_or_id: str | Path, *, trust_remote_code: bool = False) -> TransformersTokenizer:
    """Load the tokenizer of a local checkpoint or of a Hub id; its own code runs only with ``trust_remote_code``.

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
        tokenizer = AutoTokenizer.from_pretrained(str(path_or_id), trust_remote_code=trust_remote_code)
    except Exception as error:
        # the tokenizers library reports a broken file as a bare Exception; anything unknown goes on up
        if type(error) is not Exception and not isinstance(error, _EXPECTED):
            raise
        raise _explained(str(path_or_id), local, str(error).strip()) from None
    return cast("TransformersTokenizer", tokenizer)


def _explained(reference: str, local: bool, reason: str) -> KikimeError:
    if "trust_remote_code" in reason:
        return UsageError(
            "{reference}: the tokenizer is Python code of its own, which is not run unasked",
            hint="read that code; if you trust it: kikime run or plan … --trust-remote-code",
            reference=reference,
        )
    reason = reason.partition("\n")[0]
    if local:
        return UsageError(
            "{reference}: the tokenizer does not load: {reason}",
            hint="save it again with tokenizer.save_pretrained(…), or give another --tokenizer",
            reference=reference,
            reason=reason,
        )
    return EnvironmentFault(
        "no tokenizer for '{reference}': {reason}",
        hint="give a local directory, or check the name and the connection to the Hub (HF_HUB_OFFLINE, HF_TOKEN)",
        reference=reference,
        reason=reason,
    )


def _looks_like_path(reference: str) -> bool:
    return reference.startswith((".", "/", "~")) or reference.count("/") != 1


def _check_directory(path: Path) -> None:
    if not path.exists():
        raise UsageError("{path}: no such directory", hint="give a checkpoint's directory or a Hub id", path=path)
    if not path.is_dir():
        raise UsageError("{path}: not a directory", hint="give the directory that holds tokenizer.json", path=path)
    if not any((path / name).is_file() for name in _FILES):
        raise UsageError(
            "{path}: no tokenizer here (none of {files})",
            hint="copy the tokenizer's files next to the weights, or give --tokenizer",
            path=path,
            files=", ".join(_FILES),
        )
    for name in ("tokenizer.json", "tokenizer_config.json"):
        _check_json(path / name)


def _check_json(path: Path) -> None:
    if not path.is_file():
        return
    try:
        data = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(
            "{path}: cannot be read: {reason}", hint="check its permissions", path=path, reason=system_reason(error)
        ) from None
    except orjson.JSONDecodeError as error:
        raise UsageError(
            "{path}:{line}: not valid JSON: {reason}",
            hint="fetch the file again",
            path=path,
            line=error.lineno,
            reason=parser_reason(error),
        ) from None
    model = data.get("model") if isinstance(data, dict) else None
    if not isinstance(data, dict) or (
        path.name == "tokenizer.json" and not (isinstance(model, dict) and "vocab" in model)
    ):
        raise UsageError("{path}: not a tokenizer: it has no vocabulary", hint="fetch the file again", path=path)
