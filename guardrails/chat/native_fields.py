"""Fields of chats in the providers' own shapes: which hold the conversation, and which no check is given, and why."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from guardrails.chat.protocol import KNOBS
from guardrails.domain.content import Origin

TURNS: Final = frozenset({"messages", "contents", "input"})
"""Top-level members that hold the messages: Anthropic's and Bedrock's, Gemini's, Responses'."""

PROMPTS: Final[Mapping[str, Origin]] = MappingProxyType(
    {
        **dict.fromkeys(("system", "instructions", "systemInstruction", "system_instruction"), Origin.SYSTEM),
        "documents": Origin.DOCUMENT,
    }
)
"""Top-level members whose texts the application wrote, or retrieved."""

_SETTING: Final = "how the model is to work; never part of the prompt"

SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "anthropic_beta", "anthropic_version", "background", "betas", "cachedContent", "cached_content",
                "container", "context_management", "conversation", "generationConfig", "generation_config", "include",
                "inferenceConfig", "max_output_tokens", "max_tool_calls", "mcp_servers", "output_config",
                "output_format", "performanceConfig", "previous_response_id", "reasoning", "safetySettings",
                "safety_settings", "speed", "thinking", "toolConfig", "tool_config", "top_k", "truncation",
            ),
            _SETTING,
        ),
        **KNOBS,
    }
)  # fmt: skip
"""Top-level members that the application sets. Read, names and all, where they hold more than single words."""

FORMATS: Final = frozenset({"functions", "response_format", "stop", "stop_sequences", "tools"})
"""Top-level members that the application sets, and that are read always."""

TOOL_RESULTS: Final = frozenset({"tool_result", "function_response", "mcp_list_tools"})
"""Types whose texts a tool wrote, beside those that end so."""

_TIE = "ties a tool call to its result"
TIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("tool_use_id", "toolUseId", "call_id"), _TIE),
        "item_id": "names an item of the conversation",
    }
)
"""Members that are not read while they are single words, beside those of all chats."""

MEDIA_TYPE: Final = "the type of a medium"
MEDIA_TYPES: Final = frozenset({"media_type", "mimeType", "mime_type"})
_MEDIA_TYPE: Final = re.compile(r"[a-z]{1,20}/[A-Za-z0-9.+-]{1,80}")

SIGNATURES: Final = frozenset({"signature", "thoughtSignature", "thought_signature"})
"""Members that sign the texts beside them."""
OPAQUE: Final = SIGNATURES | {"encrypted_content", "encrypted_index"}
"""Members in which providers give back what only they can read."""


def is_media_type(text: str) -> bool:
    """Whether a string is a media type as `image/png`."""
    return _MEDIA_TYPE.fullmatch(text) is not None
