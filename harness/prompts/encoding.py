"""Safe encoding: special tokens are recognised in control text only, never in content.

A prompt is encoded in chunks that begin at the control text's special tokens, which every tokenizer splits at anyway,
so the ids equal those of encoding the whole string; repeated chunks (system text, shots) come from a cache. A chunk
whose text spells a special token is encoded by a twin of the tokenizer in which the special tokens have secret
spellings.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import orjson
from tokenizers import Tokenizer

from kikime.harness.core.errors import UsageError
from kikime.harness.prompts.format import bundled_control_strings
from kikime.harness.prompts.tokenizers import AddedToken, TransformersTokenizer

CHUNKS_KEPT = 2048
Part = tuple[str, str]
"""A special token (or "") and the text that follows it up to the next one."""


class Encoder:
    """Encodes prompts with one tokenizer (a transformers tokenizer, fast or slow)."""

    def __init__(self, tokenizer: TransformersTokenizer, further: frozenset[str] = frozenset()) -> None:
        self.tokenizer = tokenizer
        self.bos_token = _text(tokenizer.bos_token)
        self.eos_token = _text(tokenizer.eos_token)
        self.bos_id: int | None = tokenizer.bos_token_id if self.bos_token else None
        self.eos_id: int | None = tokenizer.eos_token_id if self.eos_token else None
        added = dict(tokenizer.added_tokens_decoder)
        self.special_ids = frozenset(tokenizer.all_special_ids) | {i for i, token in added.items() if token.special}
        self.guarded = _guarded(tokenizer, added, self.special_ids, bundled_control_strings() | further)
        """Special tokens, and added tokens that serve as control strings: spelling → id."""
        self._any_guarded = _alternation(self.guarded)
        self._backend: Tokenizer | None = getattr(tokenizer, "backend_tokenizer", None)
        if self._backend is not None:
            self._backend.no_truncation()
            self._backend.no_padding()
        self._chunk = lru_cache(maxsize=CHUNKS_KEPT)(self._encode_chunk)
        reaching = any(token.lstrip or token.single_word for token in added.values() if token.content in self.guarded)
        self.independent = not reaching and self._chunks_agree()
        """Whether chunks can be encoded one by one."""

    def parts(self, control: str) -> list[Part]:
        """Split control text at its special tokens; the first part continues what came before."""
        parts: list[Part] = []
        special, start = "", 0
        for match in self._any_guarded.finditer(control):
            parts.append((special, control[start : match.start()]))
            special, start = match.group(), match.end()
        parts.append((special, control[start:]))
        return parts

    def encode(self, parts: Iterable[Part]) -> list[int]:
        """Token ids of a prompt; in each part only the special token is special, whatever the text spells."""
        if not self.independent:
            return self._encode_whole(list(parts))
        ids: list[int] = []
        for special, text in parts:
            ids.extend(self._chunk(special, text))
        return ids

    def encode_text(self, text: str) -> list[int]:
        """Token ids of content: nothing in it is special."""
        return self.encode([("", text)])

    def single_id(self, text: str) -> int | None:
        """The id of ``text`` where it is one added token of the vocabulary."""
        return self.guarded.get(text)

    @cached_property
    def adds_bos(self) -> bool:
        """Whether training began a text with BOS: the tokenizer adds it of its own accord, or its chat template writes it."""
        if self.bos_id is None:
            return False
        template = getattr(self.tokenizer, "chat_template", None)
        return "bos_token" in str(template) or list(self.tokenizer("a").input_ids)[:1] == [self.bos_id]

    @cached_property
    def adds_dummy_prefix(self) -> bool:
        """Whether text right after a special token gets SentencePiece's "▁" of the tokenizer's own accord."""
        if self._backend is None or not self.guarded:
            return False
        special = self.eos_token or next(iter(self.guarded))
        tokens = self._backend.encode(f"{special}a", add_special_tokens=False).tokens
        return len(tokens) > 1 and tokens[1].startswith("▁")

    def _encode_chunk(self, special: str, text: str) -> tuple[int, ...]:
        if self._any_guarded.search(text) is None:
            return tuple(self._plain(special + text))
        return tuple(self._secret([(special, text)]))

    def _encode_whole(self, parts: Sequence[Part]) -> list[int]:
        if any(self._any_guarded.search(text) for _, text in parts):
            return self._secret(parts)
        return self._plain("".join(special + text for special, text in parts))

    def _plain(self, text: str) -> list[int]:
        if self._backend is not None:
            return list(self._backend.encode(text, add_special_tokens=False).ids)
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def _secret(self, parts: Sequence[Part]) -> list[int]:
        if self._backend is None:
            ids: list[int] = []
            for special, text in parts:
                ids += [self.guarded[special]] if special else []
                ids += self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
            return ids
        twin, spelling = self._twin
        text = "".join(spelling.get(special, "") + text for special, text in parts)
        return list(twin.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _twin(self) -> tuple[Tokenizer, dict[str, str]]:
        assert self._backend is not None
        return _respelled(self._backend, self.guarded)

    def _chunks_agree(self) -> bool:
        sample = [("", "はじめ a")] + [(special, "こんにちは\n\nb ") for special in list(self.guarded)[:64]]
        whole = self._plain("".join(special + text for special, text in sample))
        return whole == [i for special, text in sample for i in self._plain(special + text)]


def encoder_for(tokenizer: TransformersTokenizer, controls: Iterable[str] = ()) -> Encoder:
    """The encoder of a tokenizer, shared by all formats.

    ``controls``: control strings of a format; only one that no bundled format has makes a further encoder.
    """
    return _encoder(tokenizer, frozenset(controls) - bundled_control_strings())


@lru_cache(maxsize=16)
def _encoder(tokenizer: TransformersTokenizer, further: frozenset[str]) -> Encoder:
    return Encoder(tokenizer, further)


class Stops(NamedTuple):
    """Stop conditions for an engine."""

    strings: tuple[str, ...]
    token_ids: tuple[int, ...]


def resolve_stops(stops: Iterable[str], encoder: Encoder | None) -> Stops:
    """Split stops into strings and ids: a special token never shows in decoded text, so only its id can stop a reply.

    The tokenizer's EOS is always among the ids.
    """
    if encoder is None:
        return Stops(tuple(dict.fromkeys(stops)), ())
    ids = [encoder.eos_id] if encoder.eos_id is not None else []
    strings = []
    for stop in stops:
        token_id = encoder.single_id(stop)
        if token_id is not None and token_id in encoder.special_ids:
            ids.append(token_id)
        else:
            strings.append(stop)
    return Stops(tuple(dict.fromkeys(strings)), tuple(dict.fromkeys(ids)))


def _text(token: object) -> str:
    return str(token) if token else ""


def _guarded(
    tokenizer: TransformersTokenizer,
    added: Mapping[int, AddedToken],
    special_ids: frozenset[int],
    controls: frozenset[str],
) -> dict[str, int]:
    """Special tokens in any case; other added tokens only where some format or the chat template uses them."""
    template = str(tokenizer.chat_template or "")
    guarded = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))
    for token_id, token in added.items():
        text = token.content
        if token_id in special_ids or text in controls or (text.strip() and text in template):
            guarded[text] = token_id
    return {str(text): int(token_id) for text, token_id in guarded.items() if text}


def _alternation(texts: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) if longest_first else r"(?!)")


def _respelled(backend: Tokenizer, guarded: dict[str, int]) -> tuple[Tokenizer, dict[str, str]]:
    """A twin of ``backend`` that knows the guarded tokens by spellings that no text contains."""
    nonce = secrets.token_hex(8)
    spelling = {text: f"\ue0f0{nonce}{number}\ue0f1" for number, text in enumerate(guarded)}
    data = orjson.loads(backend.to_str())
    data.update(post_processor=None, truncation=None, padding=None)
    for token in data["added_tokens"]:
        if token["content"] in spelling:
            token.update(content=spelling[token["content"]], special=True, normalized=False)
    _respell_model(data["model"], spelling)
    twin = Tokenizer.from_str(orjson.dumps(data).decode())
    wrong = [text for text, token_id in guarded.items() if twin.token_to_id(spelling[text]) != token_id]
    if wrong:
        raise UsageError(
            "this tokenizer gives the special tokens {tokens} ids that do not survive a copy",
            hint="save it again with tokenizer.save_pretrained(…)",
            tokens=", ".join(wrong[:3]),
        )
    return twin, spelling


def _respell_model(model: dict[str, Any], spelling: dict[str, str]) -> None:
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        model["vocab"] = {spelling.get(piece, piece): token_id for piece, token_id in vocabulary.items()}
    else:
        model["vocab"] = [[spelling.get(piece, piece), score] for piece, score in vocabulary]
    if model.get("unk_token") in spelling:
        model["unk_token"] = spelling[model["unk_token"]]
    if "merges" in model:
        model["merges"] = [merge for merge in model["merges"] if _survives(merge, spelling)]


def _survives(merge: str | list[str], spelling: dict[str, str]) -> bool:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left not in spelling and right not in spelling and left + right not in spelling
