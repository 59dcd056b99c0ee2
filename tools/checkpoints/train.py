"""Train the bundled checkpoints: ``python -m tools.checkpoints.train [august|september]``.

One thread, fixed seed, fixed number of steps: the same machine writes the same weights. The two can be trained side by
side in two processes. The result goes to ``tasks/checkpoints/<name>``.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from itertools import islice
from pathlib import Path
from string import Template

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LambdaLR
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from kikime.harness.cards.persona import load_persona
from kikime.harness.prompts import load_format
from tools.checkpoints.corpus import PERSONAS, load_lines
from tools.checkpoints.curriculum import RECIPES, Curriculum, Recipe, vocabulary_texts
from tools.checkpoints.packing import Batch, collate, reply_logits
from tools.checkpoints.vocabulary import save_tokenizer, train_vocabulary

CHECKPOINTS = Path(__file__).parents[2] / "tasks" / "checkpoints"
CARD = Path(__file__).parent / "model_card.md"
VOCABULARY_SIZE = 2400
MAX_LENGTH = 4096
WARM_UP = 20


def build_tokenizer(recipe: Recipe, path: Path) -> PreTrainedTokenizerFast:
    """Learn the vocabulary (the same for both checkpoints) and save it to ``path`` with the native chat template."""
    cards = [load_persona(persona) for persona in PERSONAS]
    lines = [line for name in RECIPES for persona in PERSONAS for line in load_lines(persona, name)]
    tokenizer = train_vocabulary(vocabulary_texts(cards, lines), VOCABULARY_SIZE)
    template = load_format(recipe.native).template
    save_tokenizer(tokenizer, path, chat_template=template, eos=recipe.eos, max_length=MAX_LENGTH)
    loaded: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(path)
    return loaded


def build_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """A freshly initialised Llama of about three million parameters."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=640,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        attention_dropout=0.0,
    )
    return LlamaForCausalLM(config)  # type: ignore[no-untyped-call]


def train(model: LlamaForCausalLM, curriculum: Curriculum, steps: int, *, report_every: int = 50) -> list[float]:
    """Train for ``steps`` steps of a schedule of ``curriculum.recipe.steps``; returns the loss of each step."""
    recipe = curriculum.recipe
    optimizers = _optimizers(model, recipe)
    schedules = [LambdaLR(optimizer, lambda step: _rate(step, recipe.steps)) for optimizer in optimizers]
    model.set_attn_implementation("eager")
    model.train()
    losses: list[float] = []
    started = time.monotonic()
    for step in range(1, steps + 1):
        loss = reply_loss(model, collate(curriculum.step()))
        model.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step()
        losses.append(loss.item())
        if step % report_every == 0:
            recent = losses[-report_every:]
            print(
                f"{recipe.name} {step:5d}  loss {sum(recent) / len(recent):.4f}  {time.monotonic() - started:.0f} s",
                flush=True,
            )
    return losses


def reply_loss(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Mean cross entropy over the reply tokens, in nats."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = reply_logits(model, batch)
    return cross_entropy(logits.float(), batch.targets)


def save(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, path: Path, final_loss: float
) -> None:
    """Write weights (bfloat16), configuration and model card."""
    ends = sorted({tokenizer.convert_tokens_to_ids(token) for token in ("</s>", "<|im_end|>")})
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        bos_token_id=tokenizer.bos_token_id, eos_token_id=ends, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    model.to(dtype=torch.bfloat16).save_pretrained(path)  # type: ignore[call-arg]
    exchanges = sum(len(load_lines(persona, recipe.name)) for persona in PERSONAS)
    card = Template(CARD.read_text(encoding="utf-8")).substitute(
        name=recipe.name,
        native=recipe.native,
        formats=", ".join(f"`{name}`" for name in recipe.formats),
        parameters=f"{sum(parameter.numel() for parameter in model.parameters()):,}",
        exchanges=exchanges,
        steps=recipe.steps,
        seed=recipe.seed,
        loss=f"{final_loss:.3f}",
    )
    (path / "README.md").write_text(card, encoding="utf-8")


def _optimizers(model: LlamaForCausalLM, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices (a third of AdamW's steps here), AdamW for the embeddings and norms."""
    matrices = [weight for name, weight in model.named_parameters() if weight.ndim == 2 and "embed" not in name]
    others = [weight for name, weight in model.named_parameters() if weight.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=recipe.learning_rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=1.5 * recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def _rate(step: int, total: int) -> float:
    """Linear warm-up, then a cosine down to 2 % of the peak."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    progress = min(1.0, (step - WARM_UP) / max(1, total - WARM_UP))
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))


def main() -> None:
    """Train the named checkpoints, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{' or '.join(RECIPES)}; both when none is given")
    parser.add_argument("--into", type=Path, default=CHECKPOINTS, help="directory of the checkpoints")
    arguments = parser.parse_args()
    os.environ.setdefault(
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32"
    )  # every batch has new shapes: a full cache takes gigabytes
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    for name in arguments.names or RECIPES:
        recipe = RECIPES[name]
        path = arguments.into / name
        tokenizer = build_tokenizer(recipe, path)
        model = build_model(tokenizer, recipe.seed)
        losses = train(model, Curriculum(recipe, tokenizer), recipe.steps)
        last = list(islice(reversed(losses), 50))
        save(model, tokenizer, recipe, path, sum(last) / len(last))
        print(f"{name} → {path}")


if __name__ == "__main__":
    main()
