"""A small byte-fallback BPE: common Japanese in few tokens, any Unicode without loss."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = ("<unk>", "<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>")
_SCRIPTS = r"\p{Hiragana}+|[\p{Katakana}ー]+|\p{Han}+|[A-Za-z]+| +|\n|."


def train_vocabulary(texts: Iterable[str], size: int) -> Tokenizer:
    """Learn ``size`` tokens from ``texts``; merges never cross a change of script."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = _pre_tokenizer()
    merged = size - len(SPECIAL) - 256
    trainer = trainers.BpeTrainer(vocab_size=merged, min_frequency=3, initial_alphabet=_ALPHABET, show_progress=False)
    learner.train_from_iterator(texts, trainer)
    learned = json.loads(learner.to_str())["model"]
    pieces = sorted(learned["vocab"], key=learned["vocab"].__getitem__)
    order = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={piece: number for number, piece in enumerate(order)},
            merges=[tuple(merge) for merge in learned["merges"]],
            unk_token="<unk>",
            byte_fallback=True,
        )
    )
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", order.index("<s>"))]
    )
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, path: Path, *, chat_template: str, eos: str, max_length: int) -> None:
    """Write the files that ``AutoTokenizer`` reads."""
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token=eos,
        unk_token="<unk>",
        pad_token="<pad>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        clean_up_tokenization_spaces=False,
        model_max_length=max_length,
    )
    fast.chat_template = chat_template
    fast.save_pretrained(path)


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Split(Regex(_SCRIPTS), behavior="isolated")


_ALPHABET = [chr(code) for span in ((0x20, 0x7F), (0x3041, 0x3097), (0x30A1, 0x30FD)) for code in range(*span)]
