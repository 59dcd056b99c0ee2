"""Prompt formats: templates, safe encoding, stops, conversations and format cards."""

from harness.prompts.card import FormatCard, format_card
from harness.prompts.conversation import Conversation, build_messages
from harness.prompts.format import Format, format_ids, load_format
from harness.prompts.markers import all_control_strings, all_role_markers, line_start_markers
from harness.prompts.renderer import Rendered, Renderer
from harness.prompts.sections import persona_system
from harness.prompts.segments import ContentLostError
from harness.prompts.tokenizers import load_tokenizer

__all__ = [
    "ContentLostError",
    "Conversation",
    "Format",
    "FormatCard",
    "Rendered",
    "Renderer",
    "all_control_strings",
    "all_role_markers",
    "build_messages",
    "format_card",
    "format_ids",
    "line_start_markers",
    "load_format",
    "load_tokenizer",
    "persona_system",
]
