"""What a server says of itself: which models it has, and whether it takes token ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import httpx2
import msgspec
import openai

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.names import nearest
from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.served.bodies import read_body
from kikime.harness.engines.served.connection import open_waiting_api, proxy_towards
from kikime.harness.engines.served.faults import reason_of
from kikime.harness.engines.served.keys import PLACEHOLDER_KEY, read_key, redactor
from kikime.harness.engines.served.words import one_line, server_words

_SHOWN_MODELS = 12


class ServerAway(EngineFault):
    """Nobody answers at the address, or no longer; perhaps later."""


class Server(TypedDict):
    """What a server says of itself."""

    url: str
    token_ids: bool
    """Whether it takes token ids: it is vLLM."""
    root: str | None
    max_model_len: int | None


def probe_server(checkpoint: Checkpoint) -> Server:
    """Ask the server which models it has, and whether it is vLLM (then it takes token ids in any format).

    A server that gives no list of models, or fails to, is taken at its word.

    Raises:
        EngineFault: the server cannot be reached, refuses the key, or does not serve the model.
        UsageError: the key in the environment cannot be one, or a proxy cannot be used.
    """
    url, api_key = str(checkpoint.base_url), read_key()
    clean = redactor(api_key or "")
    unknown = Server(url=url, token_ids=False, root=None, max_model_len=None)
    try:
        with open_waiting_api(api_key or PLACEHOLDER_KEY, url, timeout=30, retries=2) as api:
            content = api.get("/models", cast_to=httpx2.Response).content
    except openai.APIStatusError as error:
        words = clean(f"{error.status_code}: {server_words(error.response.content) or one_line(error.message)}")
        if error.status_code in {401, 403}:
            raise EngineFault(
                "{url}: the server refuses the key ({reason})", hint="set OPENAI_API_KEY", url=url, reason=words
            ) from None
        return unknown
    except openai.OpenAIError as error:
        reason = reason_of(error)
        raise _unreachable(url, reason if isinstance(reason, Phrase) else clean(reason)) from None
    models = _models(content)
    if models is None:
        return unknown
    model = _listed(models, checkpoint.name)
    if model is None:
        raise _not_served(url, checkpoint.name, models)
    return Server(
        url=url, token_ids=model.owned_by == "vllm", root=_str(model.root), max_model_len=_length(model.max_model_len)
    )


def probe_servers(checkpoint: Checkpoint) -> Server:
    """What the servers of a checkpoint have in common; those that cannot be reached are left out where another one can.

    Raises:
        EngineFault: none can be reached, or one refuses the key or does not serve the model.
        UsageError: one takes token ids and another does not; a wrong key or proxy.
    """
    found, away = [], []
    for address in checkpoint.addresses:
        try:
            found.append(probe_server(checkpoint.at(address)))
        except ServerAway as error:
            away.append(error)
    if not found:
        raise away[0]
    for other in found[1:]:
        if other["token_ids"] != found[0]["token_ids"]:
            raise UsageError(
                "{a} and {b} are different kinds of servers: only one of them takes token ids",
                hint="give servers of one kind, or run them one by one",
                a=found[0]["url"],
                b=other["url"],
            )
    lengths = [server["max_model_len"] for server in found if server["max_model_len"]]
    roots = [server["root"] for server in found if server["root"]]
    return {**found[0], "root": next(iter(roots), None), "max_model_len": min(lengths, default=None)}


class _Model(msgspec.Struct):
    """A model as a server lists it."""

    id: str
    owned_by: object = None
    root: object = None
    max_model_len: object = None


def _str(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _length(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _models(content: bytes) -> Mapping[str, _Model] | None:
    """The models by name, from a list or an object with one; None where there is no such list."""
    try:
        listed = read_body(content)
        found = listed.get("data", listed.get("models")) if isinstance(listed, dict) else listed
        return {model.id: model for model in msgspec.convert(found, list[_Model])} or None
    except (msgspec.ValidationError, ValueError):
        return None


def _listed(models: Mapping[str, _Model], name: str) -> _Model | None:
    """The model of that name, or the one that the server takes it for: Gemini lists ``models/NAME``, Ollama ``NAME:latest``."""
    return next((models[full] for full in (name, f"models/{name}", f"{name}:latest") if full in models), None)


def _unreachable(url: str, reason: str) -> ServerAway:
    proxy = proxy_towards(url)
    if proxy:
        hint = Phrase(
            "is the server running? The proxy {proxy} stands before it; NO_PROXY lists hosts that need none",
            proxy=proxy,
        )
    else:
        hint = Phrase("is the server running, and does the address end in /v1?")
    return ServerAway("{url}: {reason}", hint=hint, url=url, reason=reason)


def _not_served(url: str, name: str, models: Mapping[str, _Model]) -> EngineFault:
    near = nearest(name, sorted(models), n=_SHOWN_MODELS)
    shown = [*near, *(other for other in sorted(models) if other not in near)][:_SHOWN_MODELS]
    more = len(models) - len(shown)
    return EngineFault(
        "{url}: no model '{name}'",
        hint="it serves: {models} and {n} more" if more else "it serves: {models}",
        url=url,
        name=name,
        models=", ".join(shown),
        n=more,
    )
