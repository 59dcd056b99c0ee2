"""Jinja environments: ours for the bundled templates, Hugging Face's sandbox for a checkpoint's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kikime.harness.core.errors import FileFormatError, UsageError

FIXED_DATE = datetime(2024, 7, 26)  # noqa: DTZ001  # the date that Llama 3's template itself falls back to
"""What templates get as today: a prompt must be the same tomorrow."""


class _Generation(Extension):
    """Accept ``{% generation %}`` blocks, which only matter to training masks."""

    tags = {"generation"}  # Jinja's own attribute, declared as a set there

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _tojson(value: object, ensure_ascii: bool = False, indent: int | None = None, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **options)


def _strftime_now(pattern: str) -> str:
    return FIXED_DATE.strftime(pattern)


@lru_cache(maxsize=1)
def _sandbox() -> Environment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    return environment


@lru_cache(maxsize=64)
def variables_of(source: str) -> frozenset[str]:
    """The variables that a template reads from outside."""
    return frozenset(meta.find_undeclared_variables(_sandbox().parse(source)))


@lru_cache(maxsize=256)
def compile_template(source: str) -> Template:
    """Compile a chat template as transformers does (sandboxed, trimmed blocks, loop controls).

    Raises:
        UsageError: the template does not parse.
    """
    try:
        return _sandbox().from_string(source)
    except TemplateSyntaxError as error:
        raise UsageError(
            "the chat template does not parse: line {line}: {reason}",
            hint="mend the checkpoint's chat template, or choose a format other than 'native'",
            line=error.lineno,
            reason=error.message,
        ) from None


def check_template(source: str, path: Path) -> None:
    """Refuse a format's template that does not parse.

    Raises:
        FileFormatError: with the line.
    """
    try:
        _sandbox().parse(source)
    except TemplateSyntaxError as error:
        raise FileFormatError(path, error.lineno, "not a valid template: {reason}", reason=error.message) from None


def run_template(template: Template, variables: Mapping[str, object]) -> str:
    """Render; a template that refuses the conversation is a usage error.

    Raises:
        UsageError: the template raised, or met a value that it cannot handle.
    """
    try:
        return template.render(**variables)
    except (TemplateError, TypeError, AttributeError, ValueError, LookupError) as error:
        raise UsageError(
            "the chat template refuses this conversation: {reason}",
            hint="choose a format that carries it (kikime formats list), e.g. one with a place for the system text",
            reason=error,
        ) from None
