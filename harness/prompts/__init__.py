"""Prompt formats: templates, safe encoding, stops, conversations and format cards."""

from kikime.harness.prompts.card import FormatCard, format_card
from kikime.harness.prompts.conversation import Conversation, build_messages
from kikime.harness.prompts.format import (
    FORMATS,
    Format,
    all_control_strings,
    all_role_markers,
    control_strings,
    format_ids,
    known_formats,
    line_start_markers,
    load_format,
    role_markers,
)
from kikime.harness.prompts.renderer import Rendered, Renderer
from kikime.harness.prompts.sections import persona_system
from kikime.harness.prompts.segments import ContentLostError
from kikime.harness.prompts.tokenizers import load_tokenizer

__all__ = [
    "FORMATS",
    "ContentLostError",
    "Conversation",
    "Format",
    "FormatCard",
    "Rendered",
    "Renderer",
    "all_control_strings",
    "all_role_markers",
    "build_messages",
    "control_strings",
    "format_card",
    "format_ids",
    "known_formats",
    "line_start_markers",
    "load_format",
    "load_tokenizer",
    "persona_system",
    "role_markers",
]
