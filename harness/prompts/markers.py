"""Role markers and control strings of all formats, as plain data for the leak metrics and the encoder."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from kikime.harness.prompts.format import format_ids, load_format


@lru_cache(maxsize=1)
def all_role_markers() -> tuple[str, ...]:
    """Strings that open a turn in some format, e.g. ``USER:``, ``ユーザー:``, ``### Instruction:``; longest first."""
    formats = [load_format(format_id) for format_id in format_ids()]
    roles = [marker for f in formats for role in (f.roles.system, f.roles.user, f.roles.assistant) for marker in role]
    return _longest_first(roles)


@lru_cache(maxsize=1)
def line_start_markers() -> tuple[str, ...]:
    """Role markers that are ordinary words with a colon or a ``###`` header: a leak only where a line begins."""
    return tuple(marker for marker in all_role_markers() if marker.endswith(":") and marker[0] not in "<[")


@lru_cache(maxsize=1)
def all_control_strings() -> tuple[str, ...]:
    """Control strings that are a leak anywhere in a reply (``<|im_end|>``, ``[/INST]``, ``</s>`` …); longest first."""
    formats = [load_format(format_id) for format_id in format_ids()]
    strings = [marker for f in formats for marker in (*f.markers, *f.stop, f.eot, f.bos_token, f.eos_token)]
    words = set(line_start_markers())
    return _longest_first(text for text in strings if text.strip() and text not in words)


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts), key=lambda text: (-len(text), text)))
