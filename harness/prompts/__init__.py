"""Prompt formats: templates, safe encoding, stops, conversations and format cards."""

from kikime.harness.prompts.card import FormatCard, format_card
from kikime.harness.prompts.conversation import Conversation, build_messages
from kikime.harness.prompts.format import Format, format_ids, load_format
from kikime.harness.prompts.markers import all_control_strings, all_role_markers, line_start_markers
from kikime.harness.prompts.renderer import Rendered, Renderer
from kikime.harness.prompts.sections import persona_system
from kikime.harness.prompts.segments import ContentLostError
from kikime.harness.prompts.tokenizers import load_tokenizer

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
