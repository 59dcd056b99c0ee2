"""What comes with kikime."""

from __future__ import annotations

from kikime.harness.prompts.format import Format, format_ids, load_format


def formats() -> dict[str, Format]:
    """The bundled prompt formats by id: template, stops, source, what they lose."""
    return {name: load_format(name) for name in format_ids()}
