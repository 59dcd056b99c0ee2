"""Replies out of a server's answers, whatever their shape: text, thinking, how it ended, tokens; or what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson

from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.served.bodies import read_body
from kikime.harness.engines.served.faults import FEW_CALLS, Fault, told_within
from kikime.harness.engines.served.words import one_line, server_words

_SHOWN = 160
_ENDED = frozenset(
    {
        "stop",
        "eos",
        "eos_token",
        "end_turn",
        "stop_sequence",
        "end",
        "complete",
        "completed",
        "tool_calls",
        "function_call",
    }
)
_CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit", "limit"})
_THINKING_PARTS = frozenset({"thinking", "reasoning", "thought", "reasoning.text", "reasoning.summary"})


class Answer(NamedTuple):
    """What a server says in one answer."""

    text: str
    thinking: str | None
    """None where the server does not tell it apart."""
    finish_reason: str | None
    """``stop``, ``length``, another word of the server's; None where it gives none."""
    stop_reason: str | None
    n_prompt_tokens: int
    n_output_tokens: int
    n_thinking_tokens: int | None


def read_answer(content: bytes, *, limit: int) -> Answer:
    """Read the body of a completion or chat completion; ``limit``: the most tokens that were asked for.

    Raises:
        Fault: there is no reply in it.
    """
    body = _body(content)
    choice = _choice(body, content)
    text, thinking = _said(choice, content)
    finish = choice.get("finish_reason")
    reason = finish.casefold() if isinstance(finish, str) else None
    if reason == "error" or (_told(choice) and not text):
        words = (
            server_words(orjson.dumps(choice))
            or server_words(content)
            or Phrase("the server ended the reply with an error")
        )
        raise Fault(words, calls=FEW_CALLS)
    if reason in {"content_filter", "safety"} and not text:
        raise Fault(Phrase("the server's filter withheld the reply"))
    n_prompt, n_output, n_thinking = _usage(body)
    stop = choice.get("stop_reason")
    return Answer(
        text,
        thinking,
        _ending(reason, n_output, limit),
        None if stop is None else str(stop),
        n_prompt,
        n_output,
        n_thinking,
    )


def _ending(reason: str | None, n_output: int, limit: int) -> str | None:
    """How the reply ended; where the server does not say, its tokens may."""
    if reason in _ENDED:
        return "stop"
    if reason in _CUT_OFF or (not reason and n_output >= limit):
        return "length"
    return reason or None


def _body(content: bytes) -> Mapping[str, object]:
    try:
        body = read_body(content)
    except ValueError:
        words = server_words(content)
        told = (
            Phrase("the answer is not JSON: {words}", words=words[:_SHOWN]) if words else Phrase("the answer is empty")
        )
        raise Fault(told, calls=FEW_CALLS) from None
    if not isinstance(body, dict):
        raise _odd(Phrase("the answer is no JSON object"), content)
    return body


def _choice(body: Mapping[str, object], content: bytes) -> Mapping[str, object]:
    choices = body.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    if code := _told(body):
        raise told_within(server_words(content) or Phrase("the server tells an error without words"), code)
    raise _odd(Phrase("the answer has no choices"), content)


def _told(holder: Mapping[str, object]) -> object:
    """The code of the error that an object tells, or True where it has none; None where it tells no error."""
    error = holder.get("error")
    if not error:
        return None
    code = error.get("code") or error.get("status") or error.get("type") if isinstance(error, dict) else None
    return code or holder.get("code") or True


def _said(choice: Mapping[str, object], content: bytes) -> tuple[str, str | None]:
    """Text and thinking."""
    message = choice.get("message")
    if message is None and isinstance(choice.get("text"), str):
        return str(choice["text"]), None
    if not isinstance(message, dict):
        if code := _told(choice):
            raise told_within(server_words(orjson.dumps(choice)), code)
        raise _odd(Phrase("the answer has no message"), content)
    apart = [text for name in ("reasoning_content", "reasoning") if (text := _text(message.get(name)))][:1]
    said = message.get("content")
    if isinstance(said, list):
        parts = [part for part in said if isinstance(part, (dict, str))]
        apart += [_text(part) for part in parts if _is_thinking(part)]
        said = "".join(_text(part) for part in parts if not _is_thinking(part))
    if said is None:
        said = _text(message.get("refusal"))
    if not isinstance(said, str):
        raise _odd(Phrase("the message is no text"), content)
    return said, "\n".join(filter(None, apart)) or None


def _is_thinking(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in _THINKING_PARTS


def _text(value: object) -> str:
    """The texts in a value: a string, a part of a message, or a list of these."""
    return "".join(_texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, dict):
        named = (value[name] for name in ("text", "thinking", "reasoning", "content", "summary") if value.get(name))
        yield from _texts(next(named, None))


def _usage(body: Mapping[str, object]) -> tuple[int, int, int | None]:
    """Tokens of the prompt, of the reply and of its thinking; 0 and None where the server does not count them."""
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("completion_tokens_details")
    thinking = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")), _count(thinking) or None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def _odd(what: Phrase, content: bytes) -> Fault:
    words = server_words(content) or one_line(content.decode("utf-8", "replace"))
    return Fault(Phrase.joined(": ", [what, words[:_SHOWN]]))
