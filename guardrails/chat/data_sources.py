"""`data_sources` of Azure OpenAI On Your Data, left alone: what of them the model reads, and what no check may see.

Source: Azure OpenAI On Your Data API reference, 2024-02-01 to 2024-05-01-preview, and the older `dataSources` in camel
case. Azure searches there with the questions of the chat; only `role_information` becomes part of the prompt. A request
carries the credentials of the search with it: these are told and never shown to a detector, whatever they are called.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from guardrails.chat.address import child
from guardrails.chat.extract import not_given
from guardrails.chat.leaves import named_oddly, whole
from guardrails.chat.protocol import is_word
from guardrails.chat.tree import is_field_name
from guardrails.domain.content import Origin, Segment, Unread

FIELDS = frozenset({"data_sources", "dataSources"})
"""The top-level fields these are."""

CREDENTIAL = "a credential; shown to no check"
_PLACE = "where the data are; never part of the prompt"
_SEARCH = "how the data are searched; never part of the prompt"

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "app_name", "collection_name", "container_name", "database_name", "deployment_name", "endpoint",
                "environment", "index_name", "managed_identity_resource_id", "model_id", "project_resource_id",
            ),
            _PLACE,
        ),
        **dict.fromkeys(
            (
                "embedding_dependency", "fields_mapping", "filter", "include_contexts", "query_type",
                "semantic_configuration",
            ),
            _SEARCH,
        ),
    }
)  # fmt: skip
"""Members by their names in snake case. What has any other name is read."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-\s]+")
_SECRET = re.compile(
    r"(^|_)(auth|authentication|authorization|credentials?|headers?|passphrase|pwd|sas|signature)(_|$)"
    r"|(connection_?strings?|keys?|passwords?|secrets?|tokens?)(_|$)"
)


def data_sources(value: Any, pointer: str) -> Iterator[Segment | Unread]:
    """The strings of a `data_sources` field. None can be edited: another string there would not be the same search."""
    if isinstance(value, str):
        yield whole(value, pointer, Origin.SYSTEM)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from data_sources(element, child(pointer, index))
    elif isinstance(value, dict):
        yield from named_oddly(_without_secrets(value), pointer, Origin.SYSTEM)
        for name, member in value.items():
            if is_field_name(name):
                yield from _member(name, member, child(pointer, name))


def _member(name: str, member: Any, here: str) -> Iterator[Segment | Unread]:
    if _is_secret(name):
        yield from not_given(member, here, CREDENTIAL, Origin.SYSTEM)
    elif _snake(name) in SETTINGS:
        yield from _setting(member, here, SETTINGS[_snake(name)])
    elif name == "type" and isinstance(member, str) and is_word(member):
        yield from not_given(member, here, "a word of the protocol", Origin.SYSTEM)
    else:
        yield from data_sources(member, here)


def _setting(value: Any, pointer: str, why: str) -> Iterator[Unread]:
    """A setting is told as one; credentials in it stay apart, so that the receipt names them."""
    if not isinstance(value, dict):
        yield from not_given(value, pointer, why, Origin.SYSTEM)
        return
    secrets = {name: member for name, member in value.items() if _is_secret(name) and is_field_name(name)}
    for name, member in secrets.items():
        yield from not_given(member, child(pointer, name), CREDENTIAL, Origin.SYSTEM)
    rest = {name: member for name, member in value.items() if name not in secrets}
    yield from not_given(rest, pointer, why, Origin.SYSTEM)


def _without_secrets(value: Any) -> Any:
    """Members whose names are no identifiers are read with all that is in them, so what is secret goes out first."""
    if isinstance(value, dict):
        return {name: CREDENTIAL if _is_secret(name) else _without_secrets(member) for name, member in value.items()}
    return [_without_secrets(element) for element in value] if isinstance(value, list) else value


def _is_secret(name: str) -> bool:
    return _SECRET.search(_snake(name)) is not None


def _snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()
