"""Many exchanges behind one shared prompt: the system text is computed once, each exchange continues from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import LlamaForCausalLM


@dataclass(frozen=True)
class Exchange:
    """Token ids of a prompt with its reply; the loss is on ``ids[reply_start:]``."""

    ids: tuple[int, ...]
    reply_start: int


@dataclass(frozen=True)
class Batch:
    """Groups of exchanges, split into what each group shares and what is each exchange's own."""

    prefix: Tensor
    """(groups, longest prefix) token ids, padded on the right."""
    prefix_seen: Tensor
    """(groups, longest prefix), 1 where a token stands."""
    own: Tensor
    """(exchanges, longest rest) token ids after the prefix, padded on the right."""
    own_positions: Tensor
    """(exchanges, longest rest) positions, counted from the start of the prompt."""
    group: Tensor
    """(exchanges,) the group that each exchange continues."""
    sources: Tensor
    """Flat indices into ``own`` of the tokens that predict a reply token."""
    targets: Tensor
    """The reply tokens, in the order of ``sources``."""


def collate(groups: Sequence[Sequence[Exchange]]) -> Batch:
    """Put each group behind its common prefix and stack the groups."""
    shared = [_shared_prefix(group) for group in groups]
    rests = [(number, exchange, shared[number]) for number, group in enumerate(groups) for exchange in group]
    prefixes = [torch.tensor(group[0].ids[:length]) for group, length in zip(groups, shared, strict=True)]
    own = pad_sequence([torch.tensor(exchange.ids[start:]) for _, exchange, start in rests], batch_first=True)
    starts = torch.tensor([start for _, _, start in rests])
    width = own.shape[1]
    return Batch(
        prefix=pad_sequence(prefixes, batch_first=True),
        prefix_seen=pad_sequence([torch.ones_like(prefix) for prefix in prefixes], batch_first=True),
        own=own,
        own_positions=starts[:, None] + torch.arange(width)[None, :],
        group=torch.tensor([number for number, _, _ in rests]),
        sources=torch.tensor(
            [
                row * width + place - start - 1
                for row, (_, exchange, start) in enumerate(rests)
                for place in range(exchange.reply_start, len(exchange.ids))
            ]
        ),
        targets=torch.tensor([target for _, exchange, _ in rests for target in exchange.ids[exchange.reply_start :]]),
    )


def reply_logits(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Logits for each reply token, (targets, vocabulary)."""
    cache = model.model(input_ids=batch.prefix, attention_mask=batch.prefix_seen, use_cache=True).past_key_values
    cache.batch_select_indices(batch.group)
    seen = torch.cat([batch.prefix_seen[batch.group], torch.ones_like(batch.own)], dim=1)
    hidden = model.model(
        input_ids=batch.own,
        attention_mask=seen,
        position_ids=batch.own_positions,
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    logits: Tensor = model.lm_head(hidden.flatten(0, 1)[batch.sources])
    return logits


def _shared_prefix(group: Sequence[Exchange]) -> int:
    """Length of the common prefix; at least the last prompt token stays each exchange's own."""
    limit = min(exchange.reply_start for exchange in group) - 1
    first = group[0].ids
    return next((n for n in range(limit) if any(exchange.ids[n] != first[n] for exchange in group)), limit)
