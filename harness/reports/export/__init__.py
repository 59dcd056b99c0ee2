"""Runs and comparisons in other people's formats."""

from typing import Literal, TypeAlias, get_args

Text: TypeAlias = Literal["csv", "md", "json"]
"""Formats that are one text."""
Target: TypeAlias = Literal[Text, "html", "lm-eval", "hf"]
TEXTS: tuple[Text, ...] = get_args(Text)
TARGETS: tuple[Target, ...] = get_args(Target)
