"""What LiteLLM tells with every call beside the text: settings, ids, who asks."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.extract import not_given
from guardrails.domain.content import Origin, Unread
from guardrails.domain.errors import InvalidRequest
from guardrails.domain.subject import Subject
from guardrails.gateways.fields import chosen_in, object_in, text_in

_PARAMS: Final = "additional_provider_specific_params"
_BOOKKEEPING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "input_type": "a word of the protocol",
        "litellm_call_id": "an id of the gateway",
        "litellm_trace_id": "an id of the gateway",
        "litellm_version": "an id of the gateway",
        "model": "the name of a model",
        "request_data": "who asks the gateway",
        "request_headers": "headers of who asks the gateway",
        _PARAMS: "settings of the gateway",
    }
)
"""Fields that reach no model and come from none, and what they are."""
_CONTENT: Final = frozenset({"texts", "structured_messages", "tools", "tool_calls", "images"})

_REWRITES_ROWS: Final = (1, 108, 7)
"""The first version of which we know, by trying it, that it uses the messages of an answer of ours."""
_VERSION: Final = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_OWNER: Final = "user_api_key_"


def strings_in(body: Mapping[str, Any], name: str) -> list[str] | None:
    """A list of strings; None where there is none, or something else."""
    value = body.get(name)
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return value
    return None


def unexpected(body: Mapping[str, Any], *read: str) -> dict[str, Any]:
    """What a damaged body or a later version holds.

    Args:
        body: The call's.
        read: The fields of content that are of their type, and so are read by name.
    """
    known = set(read) | _BOOKKEEPING.keys()
    return {name: value for name, value in body.items() if name not in known and (name not in _CONTENT or value)}


def bookkeeping(body: Mapping[str, Any]) -> Iterator[Unread]:
    """The receipts of what no check is given."""
    for name, why in _BOOKKEEPING.items():
        yield from not_given(body.get(name), child("", name), why, Origin.SYSTEM)


def only_blocks(body: Mapping[str, Any]) -> bool:
    """Whether the guardrail of this call can only block, as `redactions: block` among its parameters says.

    Raises:
        InvalidRequest: it says something else.
    """
    params = object_in(body, _PARAMS)
    # A client that may add to the parameters can replace a value, and must not be able to take it back by that.
    if "redactions" in params and params["redactions"] != "block":
        raise InvalidRequest("must be block, or absent", field=f"{_PARAMS}.redactions")
    return "redactions" in params


def policy_of(body: Mapping[str, Any]) -> str | None:
    """The policy that the guardrail's parameters name. A client of LiteLLM may be able to write it as well.

    Raises:
        InvalidRequest: it is no string.
    """
    return chosen_in(object_in(body, _PARAMS), "policy", f"{_PARAMS}.policy")


def rewrites_rows(body: Mapping[str, Any]) -> bool:
    """Whether this LiteLLM is known to use the messages of an answer; older ones drop them without a word."""
    version = _VERSION.match(text_in(body, "litellm_version") or "")
    return version is not None and tuple(map(int, version.groups())) >= _REWRITES_ROWS


def subject_of(body: Mapping[str, Any]) -> Subject:
    """Who asks: LiteLLM's end user before the owner of the key, and the ids under which its log has the request."""
    told = object_in(body, "request_data")
    labels = {name.removeprefix(_OWNER): value for name, value in told.items() if isinstance(value, str) and value}
    user = labels.pop("end_user_id", None) or labels.pop("user_id", None)
    team = labels.pop("team_id", None) or labels.pop("team_alias", None)
    trace = text_in(body, "litellm_trace_id")
    return Subject(
        user=user,
        team=team,
        request_id=text_in(body, "litellm_call_id"),
        model=text_in(body, "model"),
        labels={"trace_id": trace, **labels} if trace else labels,
    )
