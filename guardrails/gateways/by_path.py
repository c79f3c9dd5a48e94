"""Which reading fits a body that a provider's own client made: told by the path it is sent to, or by the provider."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from guardrails.chat.anything import extract_anything, extract_chat_or_anything, extract_native
from guardrails.chat.extract import Extract

_CHAT: Final = re.compile(r"/chat/completions/?\Z")
_NATIVE: Final = re.compile(
    r"(?:/messages|/messages/count_tokens|/responses|/converse|/converse-stream|/invoke|/invoke-with-response-stream"
    r"|:(?:generateContent|streamGenerateContent|countTokens|rawPredict|streamRawPredict))/?\Z"
)
_PROVIDERS: Final = ("anthropic", "bedrock", "gemini", "google", "vertex")

Reading = Callable[[Mapping[str, Any], Collection[str]], Extract]


def reading_of(path: str, provider: str = "") -> Reading:
    """How a body sent there is read. All readings read every string; they differ in whom they take for its author.

    Args:
        path: Of the request to the model, or its whole URL.
        provider: Its name, which decides where the path says nothing.
    """
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    if _CHAT.search(path):
        return extract_chat_or_anything
    native = _NATIVE.search(path) is not None or provider.lower().startswith(_PROVIDERS)
    return extract_native if native else extract_chat_or_anything


def read_as(reading: Reading, body: Any, trusted: Collection[str]) -> Extract:  # noqa: ANN401 - any JSON
    """Read a body so; one that is no object leaf by leaf."""
    return reading(body, trusted) if isinstance(body, dict) else extract_anything(body, trusted)
