"""The tools of a chat completions body, and the functions of its older form."""

from collections.abc import Mapping
from typing import Any, Final

from guardrails.emulator.services.chat_fields import BadRequestError, wrong_type

_MAX_TOOLS: Final = 128

Offered = tuple[dict[str, Mapping[str, Any]], object]
"""Name of a function -> schema of its parameters; and which may or must be called."""


def read_tools(payload: Mapping[str, Any]) -> Offered:
    """Read `tools` and `tool_choice`.

    Raises:
        BadRequestError: when the API would answer 400.
    """
    tools = _tools(payload)
    return tools, _tool_choice(payload, tools)


def read_functions(payload: Mapping[str, Any]) -> Offered | None:
    """Read `functions` and `function_call`, the older form of tools; None when there are none.

    Raises:
        BadRequestError: when the API would answer 400.
    """
    functions = payload.get("functions")
    if functions is None:
        if payload.get("function_call") is not None:
            raise BadRequestError("'function_call' is only allowed when 'functions' are specified.", "function_call")
        return None
    if payload.get("tools") is not None:
        raise BadRequestError("'tools' and 'functions' cannot both be specified.", "functions")
    if not isinstance(functions, list) or not 0 < len(functions) <= _MAX_TOOLS:
        raise BadRequestError(f"Invalid 'functions': expected an array of 1 to {_MAX_TOOLS} functions.", "functions")
    found = {_name_of(one, index): one.get("parameters") or {} for index, one in enumerate(functions)}
    choice = payload.get("function_call") or "auto"
    if choice in ("none", "auto"):
        return found, choice
    name = choice.get("name") if isinstance(choice, dict) else None
    if not isinstance(name, str) or name not in found:
        raise BadRequestError("Invalid value for 'function_call': no such function in 'functions'.", "function_call")
    return found, {"function": name}


def _name_of(function: object, index: int) -> str:
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise wrong_type(f"functions[{index}]", "a function with a name", function)
    if not isinstance(function.get("parameters") or {}, dict):
        raise wrong_type(f"functions[{index}].parameters", "an object", function["parameters"])
    return str(function["name"])


def _tools(payload: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    tools = payload.get("tools")
    if tools is None:
        return {}
    if not isinstance(tools, list) or not 0 < len(tools) <= _MAX_TOOLS:
        raise BadRequestError(f"Invalid 'tools': expected an array of 1 to {_MAX_TOOLS} tools.", "tools")
    found: dict[str, Mapping[str, Any]] = {}
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise BadRequestError(
                f"Missing required parameter: 'tools[{index}].function'.",
                f"tools[{index}].function",
                "missing_required_parameter",
            )
        parameters = function.get("parameters")
        found[function["name"]] = parameters if isinstance(parameters, dict) else {}
    return found


def _tool_choice(payload: Mapping[str, Any], tools: Mapping[str, object]) -> object:
    choice = payload.get("tool_choice")
    if choice is None:
        return "auto"
    if not tools:
        raise BadRequestError(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice"
        )
    if isinstance(choice, str) and choice in {"none", "auto", "required"}:
        return choice
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str) or name not in tools:
        raise BadRequestError("Invalid value for 'tool_choice': no such function in 'tools'.", "tool_choice")
    return {"function": name}
