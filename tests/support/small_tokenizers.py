"""Tokenizers small enough to build in a test, with the peculiarities of the real families."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

LLAMA3 = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
GEMMA = ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"]
QWEN = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MISTRAL = ["<s>", "</s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"]
PHI3 = ["<s>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]


def _byte_level() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({char: index for index, char in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _bytes(specials: list[str | AddedToken], bos: str | None, eos: str | None) -> Any:
    tokenizer = _byte_level()
    tokenizer.add_special_tokens(specials)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=bos, eos_token=eos, clean_up_tokenization_spaces=False
    )


def _adding_bos(tokenizer: Any) -> Any:
    """The tokenizer, beginning each text with its BOS, as those of Llama, Gemma and Mistral do."""
    bos = tokenizer.bos_token
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.bos_token_id)]
    )
    return tokenizer


def _ordinary_chatml() -> Any:
    """ChatML's tokens added as ordinary tokens, as many fine-tunes do."""
    tokenizer = _byte_level()
    tokenizer.add_special_tokens(["<s>", "</s>"])
    tokenizer.add_tokens([AddedToken(text, special=False) for text in ("<|im_start|>", "<|im_end|>")])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", clean_up_tokenization_spaces=False
    )


def _legacy_sentencepiece() -> Any:
    """Byte-fallback BPE that puts "▁" before every piece, with merges that could spell </s>."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "<", "/", "s", ">", "</", "s>"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    merges = [("<", "/"), ("s", ">"), ("</", "s>")]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def _unigram() -> Any:
    """A unigram vocabulary that lists </s> as an ordinary piece, as converted SentencePiece models do."""
    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), ("▁", -2.0)]
    pieces += [(char, -4.0) for char in "</>sabcあいう。\n USERASITN:"]
    unique = list(dict(pieces).items())
    tokenizer = Tokenizer(models.Unigram(unique, unk_id=0))
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def _characters() -> Any:
    """One id per character, whole markers as vocabulary entries."""
    chars = sorted(set("あいうえおSUA123USERSISTANT: \n<>/s|[]INST.。"))
    vocabulary = {token: index for index, token in enumerate(["<unk>", "<s>", "</s>", *chars])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


_BUILD = {
    "llama3": lambda: _adding_bos(_bytes(LLAMA3, "<|begin_of_text|>", "<|eot_id|>")),
    "gemma": lambda: _adding_bos(_bytes(GEMMA, "<bos>", "<eos>")),
    "qwen": lambda: _bytes(QWEN, None, "<|im_end|>"),
    "mistral": lambda: _adding_bos(_bytes(MISTRAL, "<s>", "</s>")),
    "converted": lambda: _bytes(QWEN, "<|endoftext|>", "<|im_end|>"),
    "phi3": lambda: _bytes([AddedToken(text, rstrip=True, special=True) for text in PHI3], "<s>", "<|endoftext|>"),
    "left": lambda: _bytes([AddedToken(text, lstrip=True, special=True) for text in MISTRAL], "<s>", "</s>"),
    "chatml": _ordinary_chatml,
    "bare": lambda: _bytes([], None, None),
    "sentencepiece": lambda: _adding_bos(_legacy_sentencepiece()),
    "unigram": _unigram,
    "characters": _characters,
}
NAMES = tuple(_BUILD)
LOSSLESS = ("llama3", "gemma", "qwen", "mistral", "converted", "chatml", "bare")
"""Those whose ids decode to exactly the text."""


@lru_cache(maxsize=32)
def small(name: str) -> Any:
    """Build the tokenizer ``name``."""
    return _BUILD[name]()
