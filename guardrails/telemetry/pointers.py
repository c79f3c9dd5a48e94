"""Pointers as they may be recorded: structure is kept, names that a caller chose are not."""

from typing import Final

from guardrails.chat.data_sources import FIELDS as DATA_SOURCES
from guardrails.chat.data_sources import SETTINGS
from guardrails.chat.protocol import ANSWER, BOOKKEEPING, CHOICE, KNOBS, MARKS

UNNAMED: Final = "*"
_GATEWAYS: Final = (
    *("body", "contents", "direction", "instructions", "masking", "parts", "prompt", "request", "request_body"),
    *("request_id", "response", "source", "structured_messages", "system", "team", "texts", "user_message"),
)
"""Names that dialects of gateways and chats of other providers have for what is read."""
_STRUCTURE: Final = frozenset(
    {
        "annotations",
        "arguments",
        "audio",
        "authentication",
        "choices",
        "content",
        "custom",
        "delta",
        "description",
        "detail",
        "documents",
        "file",
        "file_data",
        "file_url",
        "filename",
        "format",
        "function",
        "function_call",
        "functions",
        "image_url",
        "input",
        "input_audio",
        "json_schema",
        "key",
        "language",
        "message",
        "messages",
        "name",
        "parameters",
        "policy",
        "prediction",
        "reasoning",
        "reasoning_content",
        "refusal",
        "response_format",
        "role_information",
        "schema",
        "stage",
        "stop",
        "suffix",
        "text",
        "thinking",
        "token",
        "tool_calls",
        "tools",
        "transcript",
        "url",
        "video_url",
        "web_search_options",
        *_GATEWAYS,
        *ANSWER,
        *BOOKKEEPING,
        *CHOICE,
        *DATA_SOURCES,
        *KNOBS,
        *MARKS,
        *SETTINGS,
    }
)
"""Keys of chats and of our doors. Any other in a pointer was the caller's choice: maybe content."""


def safe_pointer(pointer: str) -> str:
    """A JSON pointer whose steps are kept where they are indices or keys of the chat API, and `*` elsewhere."""
    if not pointer.startswith("/"):
        return UNNAMED if pointer else ""
    return "/" + "/".join(_step(step) for step in pointer[1:].split("/"))


class Pointers(dict[str, str]):
    """Safe pointers of one record: many findings share a few pointers."""

    def __missing__(self, pointer: str) -> str:
        self[pointer] = safe = safe_pointer(pointer)
        return safe


def _step(step: str) -> str:
    is_index = step.isascii() and step.isdigit() and len(step) <= 9  # noqa: PLR2004 - no payload has more items
    return step if is_index or step in _STRUCTURE else UNNAMED
