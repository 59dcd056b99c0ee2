"""Documents of an lm-eval task: the prompts that ``kikime run`` sends, as text."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import orjson
from pydantic import ValidationError

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files.yamlfile import problems_of
from kikime.harness.core.manifest import Json
from kikime.harness.core.request import Request
from kikime.harness.metrics import VERSION
from kikime.harness.plan.planner import Identity, Planner
from kikime.harness.prompts import Renderer, load_tokenizer
from kikime.harness.prompts.tokenizers import TransformersTokenizer
from kikime.harness.suites.grid import NOBODY, Materials, gather_materials
from kikime.harness.suites.suite import Suite

if TYPE_CHECKING:
    from datasets import DatasetDict

_log = logging.getLogger(__name__)
_IDENTITY = Identity("lm-eval", "lm-eval")
"""lm-eval knows the model, its documents do not."""


def documents(
    *,
    cell: Json,
    tokenizer: str | None = None,
    pretrained: str | None = None,
    add_bos_token: bool | None = None,
    **_: object,
) -> DatasetDict:
    """Build the documents of one cell (lm-eval's ``custom_dataset``).

    Args:
        cell: ``task, personas, format, shots`` and optionally ``limit, technique, context``, as a suite names them.
        tokenizer: where the tokenizer is; from lm-eval's ``model_args`` or ``metadata``.
        pretrained: the checkpoint, whose tokenizer is used where ``tokenizer`` is not given.
        add_bos_token: what lm-eval's model will do.

    Returns:
        One split ``test`` with the columns ``prompt, target, pair_key, persona, item, user, cell, scorer, candidates,
        request``; ``candidates`` are the texts before and of each continuation that is scored, as JSON.

    Raises:
        UsageError: the cell names something unknown, or lm-eval would send other token ids than ``kikime run``.
    """
    from datasets import Dataset, DatasetDict

    materials = cell_materials(orjson.dumps(dict(cell)).decode())
    where = tokenizer or pretrained
    if where:
        asked = _exact(materials, _tokenizer(where), where, add_bos_token=add_bos_token)
    else:
        _log.warning(
            "kikime: lm-eval does not say which tokenizer the model has (model_args pretrained=… or --metadata "
            """'{"tokenizer": PATH}'); prompts are the format's plain text and leave the BOS to the tokenizer"""
        )
        asked = _as_text(materials)
    stored = orjson.dumps(dict(cell)).decode()
    return DatasetDict({"test": Dataset.from_list([_row(request, pairs, stored) for request, pairs in asked])})


@lru_cache(maxsize=256)
def cell_materials(cell: str) -> Materials:
    """The one-task suite that a cell (as JSON) stands for.

    Raises:
        UsageError: it names something unknown.
    """
    wanted = orjson.loads(cell)
    selection = {"id": wanted["task"], "limit": wanted.get("limit")}
    suite = {
        "id": "lm_eval",
        "tasks": [selection],
        "personas": wanted["personas"],
        "formats": [wanted["format"]],
        "shots": [wanted["shots"]],
        "techniques": [wanted.get("technique", "plain")],
        "contexts": [wanted.get("context", "none")],
    }
    try:
        return gather_materials(Suite.model_validate(suite))
    except ValidationError as error:
        raise UsageError("cell of an lm-eval task: {problem}", problem=problems_of(error)[0][1]) from None


Asked = tuple[Request, list[tuple[str, str]]]
"""A request, and the texts before and of each of its candidates."""


def _exact(
    materials: Materials, tokenizer: TransformersTokenizer, where: str, *, add_bos_token: bool | None
) -> Iterator[Asked]:
    for request in Planner(materials, tokenizer, _IDENTITY).requests():
        added = _check_ids(request, tokenizer, add_bos_token=add_bos_token)
        if request.format == "native" and not request.candidates:
            _check_end_of_turn(request, tokenizer, where)
        yield request, _scored(request, tokenizer, add_special_tokens=added)


def _scored(request: Request, tokenizer: TransformersTokenizer, *, add_special_tokens: bool) -> list[tuple[str, str]]:
    if not request.candidates:
        return []
    from kikime.harness.lmeval.labels import candidate_pairs

    return candidate_pairs(request.candidates, tokenizer, add_special_tokens=add_special_tokens)


def _as_text(materials: Materials) -> Iterator[Asked]:
    """Prompts in the vendor's own strings, without the leading BOS: the model's tokenizer adds its own."""
    for request in Planner(materials, None, _IDENTITY).requests():
        persona = None if request.persona == NOBODY else materials.personas[request.persona]
        form = materials.formats[request.format]
        rendered = Renderer(form, None, persona=persona).render(request.messages)
        text = rendered.text.removeprefix(form.bos_token) if rendered.bos else rendered.text
        yield msgspec.structs.replace(request, prompt=text), []


@lru_cache(maxsize=4)
def _tokenizer(where: str) -> TransformersTokenizer:
    return load_tokenizer(where)


def _check_ids(request: Request, tokenizer: TransformersTokenizer, *, add_bos_token: bool | None) -> bool:
    """Encode as lm-eval does: special tokens are added unless the text begins with the BOS; returns whether they are."""
    bos = tokenizer.bos_token or tokenizer.eos_token
    added = not (bos and request.prompt.startswith(bos)) and add_bos_token is not False
    ids = tokenizer(request.prompt, add_special_tokens=added).input_ids
    if list(ids) == request.token_ids:
        return added
    raise UsageError(
        "lm-eval would send other token ids than kikime run for {task}/{item} in format '{format}' (first: {sent!r}, "
        "not {wanted!r})",
        hint="this format begins without BOS: give lm-eval --model_args …,add_bos_token=False"
        if added
        else "a text of the prompt spells a special token, which only kikime run keeps apart",
        task=request.task,
        item=request.item_id,
        format=request.format,
        sent=tokenizer.decode(ids[:1]),
        wanted=tokenizer.decode(request.token_ids[:1]),
    )


def _check_end_of_turn(request: Request, tokenizer: TransformersTokenizer, where: str) -> None:
    """Only the format ``native`` ends turns in a way that the task's YAML cannot know."""
    from transformers import GenerationConfig

    missing = set(request.stop_token_ids) - {tokenizer.eos_token_id}
    if missing:
        try:
            declared = GenerationConfig.from_pretrained(where).eos_token_id
        except OSError:
            declared = None
        missing -= set(declared if isinstance(declared, list) else [declared])
    if missing or request.stop:
        names = [*(tokenizer.convert_ids_to_tokens(token_id) for token_id in sorted(missing)), *request.stop]
        raise UsageError(
            "{where}: lm-eval would not stop at {names}",
            hint="add its id to eos_token_id of generation_config.json, or choose the tasks of another format",
            where=where,
            names=", ".join(map(repr, names)),
        )


def _row(request: Request, pairs: list[tuple[str, str]], cell: str) -> dict[str, str]:
    answers = request.expect.get("answers") or [request.expect.get("reference") or ""]
    named = [msgspec.structs.replace(candidate, token_ids=[]) for candidate in request.candidates]
    kept = msgspec.structs.replace(request, token_ids=[], messages=[], prompt="", candidates=named)
    return {
        "prompt": request.prompt,
        "target": answers[0],
        "pair_key": request.pair_key,
        "persona": request.persona,
        "item": request.item_id,
        "user": request.user,
        "cell": cell,
        "scorer": VERSION,
        "candidates": orjson.dumps(pairs).decode(),
        "request": msgspec.json.encode(kept).decode(),
    }
