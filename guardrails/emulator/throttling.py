"""Answers to too many calls: 429 with the documented texts and waiting times."""

import math
from typing import Final

from aiohttp import web

from guardrails.emulator.azure_errors import azure_error
from guardrails.emulator.operations import Operation
from guardrails.emulator.scenarios import Service
from guardrails.emulator.state import EmulatorState

_QUOTA_HELP: Final = (
    "Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."
)
_OPERATION_NAMES: Final = {"chat/completions": "ChatCompletions_Create", "models": "Models_List"}


def throttled(
    state: EmulatorState,
    operation: Operation,
    retry_after: float | None,
    *,
    api_version: str | None,
    what: str = "call",
) -> web.Response:
    """Build the 429. `retry_after` is seconds; None leaves the waiting time out of headers and text.

    `Retry-After` is in whole seconds, rounded up; chat adds `retry-after-ms`. `what` is "call" or "token".
    """
    if operation.service is Service.CHAT:
        response = azure_error(429, "429", _chat_text(operation, api_version, what, retry_after))
    elif operation.service is Service.LANGUAGE:
        response = azure_error(429, "429", _service_text(operation, "Language", api_version, retry_after))
    elif state.config.throttle_code == "429":
        response = azure_error(429, "429", _service_text(operation, "ContentSafety", api_version, retry_after))
    else:
        response = azure_error(429, state.config.throttle_code, "The request was throttled.")
    if retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(retry_after))
        if operation.service is Service.CHAT:
            response.headers["retry-after-ms"] = str(math.ceil(retry_after * 1000))
    return response


def take_call(state: EmulatorState, operation: Operation, *, api_version: str | None) -> web.Response | None:
    """Count one call against the service's limit; return the 429 when there is no room."""
    wait = state.limiter.take(operation.service)
    return throttled(state, operation, wait, api_version=api_version) if wait else None


def _chat_text(operation: Operation, api_version: str | None, what: str, retry_after: float | None) -> str:
    name = _OPERATION_NAMES.get(operation.name, operation.name)
    return (
        f"Requests to the {name} Operation under Azure OpenAI API version {api_version or 'v1'} have exceeded {what} "
        f"rate limit of your current OpenAI S0 pricing tier. {_wait_text(retry_after)}{_QUOTA_HELP}"
    )


def _service_text(operation: Operation, api: str, api_version: str | None, retry_after: float | None) -> str:
    return (
        f"Requests to the {operation.name} Operation under {api} API version {api_version or '-'} have exceeded call "
        f"rate limit of your current S pricing tier. {_wait_text(retry_after)}".rstrip()
    )


def _wait_text(retry_after: float | None) -> str:
    if retry_after is None:
        return ""
    seconds = math.ceil(retry_after)
    return f"Please retry after {seconds} second{'' if seconds == 1 else 's'}. "
