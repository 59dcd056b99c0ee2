"""What one server takes of a request: parameters that it refuses are renamed, changed or dropped once, and it is said.

OpenAI's o-series and gpt-5 want ``max_completion_tokens`` and no temperature; other servers know no JSON schema, no seed, or
fewer top_logprobs; Gemma and the first o1 take no system message. The server's own words name what it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from kikime.harness.core.reasons import Reason

Body = dict[str, Any]
_LIMITS = ("max_tokens", "max_completion_tokens")
_SCHEMA_WORDS = ("response_format", "json_schema", "guided_json", "structured output", "schema")
_UNKNOWN = re.compile(
    r"instead|not supported|unsupported|un(?:known|recogni[sz]ed|expected)|not permitted|not allowed|extra"
)
_NO_SYSTEM = re.compile(
    r"(?:system|developer)[ '\"_-]*(?:role|message|prompt|instruction)s?\b"
    r"|\brole\b[^.]{0,40}\b(?:system|developer)\b|\bsupport '(?:system|developer)'"
    r"|only (?:the )?'?user'? and '?(?:assistant|model)'? roles"
)
_REFUSED = re.compile(
    r"not (?:be )?(?:supported|support|enabled|allowed|permitted|accepted)|unsupported|must alternate|only"
)
_REFUSING = frozenset({400, 404, 415, 422, 501})
"""Status codes by which servers refuse a parameter."""


class Dialect:
    """The changes that one server has asked for so far; every later request is made with them.

    Args:
        whose: ``judge`` or ``server``: whose the notes say that it is.
        droppable: parameters that a request can do without, the most dispensable first.
    """

    def __init__(self, whose: Literal["judge", "server"], *, droppable: Sequence[str]) -> None:
        self._whose = whose
        self._droppable = droppable
        self.notes: list[Reason] = []
        """What was changed, once each."""
        self._dropped: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._set: dict[str, int] = {}
        self._loose = self._as_object = self._folds = False

    def spoken(self, body: Body) -> Body:
        """The request as this server takes it."""
        if not self.notes:
            return body
        said = {self._renamed.get(name, name): value for name, value in body.items() if name not in self._dropped}
        said |= {name: value for name, value in self._set.items() if name in said}
        if self._loose and "response_format" in said:
            said["response_format"] = _without_least(said["response_format"])
        if self._as_object and "response_format" in said:
            said["response_format"] = {"type": "json_object"}
        if self._folds and "messages" in said:
            said["messages"] = folded(said["messages"])
        return said

    def learn(self, status: int, words: str, parameter: str | None, sent: Body, wanted: Body) -> bool:
        """Whether another attempt is worth it after ``status``: the refusal was understood, or was already before.

        Args:
            status: of the answer.
            words: the server's own.
            parameter: that the server names as the wrong one, if it does.
            sent: the request that it refused.
            wanted: the same before any change.
        """
        if status not in _REFUSING:
            return False
        if self.spoken(wanted) != sent:
            return True
        note = self._change(words.casefold(), parameter or "", sent)
        if note is not None:
            self.notes.append(note)
        return note is not None

    def _change(self, words: str, parameter: str, sent: Body) -> Reason | None:
        def named(name: str) -> bool:
            return name in sent and (parameter == name or re.search(rf"\b{name}\b", words) is not None)

        for old, new in zip(_LIMITS, reversed(_LIMITS), strict=True):
            if named(old) and (value := _bound(words, sent[old])):
                return self._fixed(old, value)
            if named(old) and _UNKNOWN.search(words) and old not in {*self._renamed.values(), *self._set}:
                self._renamed[old] = new
                return Reason(f"{self._whose}_renamed", {"old": old, "new": new})
        if named("top_logprobs") and (most := _most(words, sent["top_logprobs"])):
            return self._fixed("top_logprobs", most)
        if dispensable := next(filter(named, self._droppable), None):
            self._dropped.add(dispensable)
            return Reason(f"{self._whose}_dropped", {"parameter": dispensable})
        return self._without_form(words, parameter, sent)

    def _without_form(self, words: str, parameter: str, sent: Body) -> Reason | None:
        """Give up the system message or the schema."""
        if _has_system(sent) and _NO_SYSTEM.search(words) and _REFUSED.search(words):
            self._folds = True
            return Reason(f"{self._whose}_folds_system")
        if "response_format" in sent and (parameter.startswith("response_format") or _speaks_of_schema(words)):
            return self._without_schema(words)
        return None

    def _fixed(self, name: str, value: int) -> Reason:
        self._set[name] = value
        return Reason(f"{self._whose}_set", {"parameter": name, "value": value})

    def _without_schema(self, words: str) -> Reason:
        if "minitems" in words and not self._loose:
            self._loose = True
            return Reason(f"{self._whose}_dropped", {"parameter": "minItems"})
        if "json_object" in words and not self._as_object:
            self._as_object = True
            return Reason(f"{self._whose}_json_object")
        self._dropped.add("response_format")
        return Reason(f"{self._whose}_no_schema")


def _has_system(sent: Body) -> bool:
    return any(message["role"] == "system" for message in sent.get("messages", ()))


def folded(messages: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    r"""The messages with what the system says at the beginning of the first user message, an empty line between them.

    >>> folded([{"role": "system", "content": "短く。"}, {"role": "user", "content": "やあ"}])
    [{'role': 'user', 'content': '短く。\n\nやあ'}]
    """
    told = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    others = [message for message in messages if message["role"] != "system"]
    first = next((n for n, message in enumerate(others) if message["role"] == "user"), None)
    if first is None:
        return [{"role": "user", "content": told}, *others]
    others[first] = {"role": "user", "content": f"{told}\n\n{others[first]['content']}"}
    return others


def _speaks_of_schema(words: str) -> bool:
    return any(word in words for word in _SCHEMA_WORDS)


def _most(words: str, sent: int) -> int | None:
    """The largest number below the one that was sent that a refusal names: "must be less than or equal to 5"."""
    numbers = [int(found) for found in re.findall(r"(?<![\w.])\d{1,2}(?![\w.]*\w)", words)]
    return max((number for number in numbers if 0 < number < sent), default=None)


def _bound(words: str, sent: int) -> int | None:
    """The least value above the one that was sent, or the most below it, that a refusal asks for: "expected >= 16"."""
    least = re.search(r"(?:>=|at least|minimum(?: value)?(?: of| is|:)?|greater than or equal to)\s*(\d+)", words)
    most = re.search(r"(?:<=|at most|less than or equal to|maximum(?: value)?(?: of| is|:))\s*(\d+)", words)
    if least and int(least[1]) > sent:
        return int(least[1])
    return int(most[1]) if most and 0 < int(most[1]) < sent else None


def _without_least(response_format: Mapping[str, Any]) -> Body:
    """The format with a schema that has no ``minItems``."""

    def bare(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: bare(part) for name, part in value.items() if name != "minItems"}
        return value

    loose: Body = bare(response_format)
    return loose
