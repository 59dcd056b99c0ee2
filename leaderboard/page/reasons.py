"""Sentences of the reports in the language of the page.

Reports say why two runs cannot be compared in one language; the sentences are fixed, only names and numbers in them vary.
"""

from __future__ import annotations

import re

from kikime.harness.words.catalogue import Translator

_ENGLISH = {
    "cells": r"the runs do not have the same cells: (?P<left>\d+) replies only in (?P<a>.+), (?P<right>\d+) only in (?P<b>.+)",
    "no_shared": r"the runs share no cell",
    "sampling": r"sampling differs: (?P<name>\S+) is (?P<left>.+?) in (?P<a>.+?) and (?P<right>.+?) in (?P<b>.+)",
    "scorer": r"the rule metrics differ: (?P<left>.+?) and (?P<right>.+)",
    "version": r"(?P<kind>task|persona|format) (?P<name>\S+): another version(?P<versions>.*) \(content hashes differ\)",
    "only": r"(?P<kind>task|persona|format) (?P<name>\S+): only in (?P<where>.+)",
    "judges": r"the judges or rubrics differ: (?P<left>.+?) and (?P<right>.+)",
    "other_cells": r"other cells: suite (?P<suite>.+)",
    "not_judged": r"not judged by (?P<judge>.+)",
    "missing": r"cells are missing",
    "drift": (
        r"judge (?P<judge>.+) has drifted since (?P<since>\S+): its mean moved by (?P<change>\S+) points "
        r"\(allowed: ±(?P<allowed>\S+)\), QWK with its first scores is (?P<qwk>\S+) \(needed: (?P<needed>\S+)\); .*"
    ),
}
_JAPANESE = {
    "judges_note": r"ジャッジかルーブリックが違うので、判定の点は比べていません：(?P<left>.+?) と (?P<right>.+)",
    "one_judged": (
        r"(?P<name>.+)（(?P<run>[^）]+)）だけが判定済み（(?P<judges>.+)）なので、規則による指標だけを比べました。"
        r".*(?P<command>kikime judge \S+)"
    ),
    "one_sided": r"(?P<name>.+) だけにある判定は比べていません：(?P<judges>.+)",
    "one_format": r"このスイートの書式は一つだけ。.*",
    "no_common_item": r"すべての書式で聞いた項目がない",
    "no_native": r"書式 (?P<name>\S+) がスイートにない.*",
}


def translated(t: Translator, text: str) -> str:
    """A sentence of a report, or several joined by ``; ``, in the page's language; what is not known stays as it is.

    >>> translated(Translator("ja"), "the runs share no cell")
    '共通する条件がありません'
    """
    whole = _sentence(t, text)
    return whole if whole is not None else "; ".join(_sentence(t, part) or part for part in text.split("; "))


def _sentence(t: Translator, text: str) -> str | None:
    patterns = _ENGLISH if t.language == "ja" else _JAPANESE
    for name, pattern in patterns.items():
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found:
            values = found.groupdict()
            if "kind" in values:
                values["kind"] = t(f"facet.{values['kind']}")
            return t(f"why.{name}", **values)
    return None
