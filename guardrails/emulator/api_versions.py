"""Which api-version a service knows.

The bodies of these refusals are not documented: Azure OpenAI is taken to answer 404 as for an unknown path, the
others 400 in their own error shape.
"""

from aiohttp import web

from guardrails.emulator.azure_errors import azure_error
from guardrails.emulator.operations import Operation
from guardrails.emulator.scenarios import Service
from guardrails.emulator.state import EmulatorState


def check_api_version(state: EmulatorState, operation: Operation, given: str | None) -> web.Response | None:
    """Return the refusal of a missing or unknown api-version, None when it is fine or not needed."""
    known = _known(state, operation)
    if known is None or given in known:
        return None
    if operation.service is Service.CHAT:
        return azure_error(404, "404", "Resource not found")
    if not given:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        return azure_error(400, "MissingApiVersionParameter", message)
    code = "InvalidRequest" if operation.service is Service.LANGUAGE else "UnsupportedApiVersion"
    return azure_error(400, code, f"The api-version is not supported. Supported versions: {', '.join(known)}.")


def _known(state: EmulatorState, operation: Operation) -> tuple[str, ...] | None:
    config = state.config
    return {
        "content_safety": config.content_safety_versions,
        "language": config.language_versions,
        "chat": config.chat_versions,
    }.get(operation.versions or "")
