"""Data sources are left alone and listed: their one text is read, their credentials are shown to nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.data_sources import CREDENTIAL
from guardrails.chat.request import extract_request
from guardrails.domain.content import Origin

SECRET = "Sesame4711"


def of(value, name="data_sources"):
    extract = extract_request({"messages": [{"role": "user", "content": "hi"}], name: value})
    return extract.segments[1:], {one.pointer: one for one in extract.unread if one.pointer != "/messages/0/role"}


def test_what_the_model_reads_is_read_as_system_text_and_cannot_be_edited():
    source = {
        "type": "azure_search",
        "parameters": {
            "endpoint": "https://contoso.search.windows.net", "index_name": "handbook",
            "authentication": {"type": "api_key", "key": SECRET},
            "role_information": "You answer from the handbook.",
            "filter": "group eq 'hr'", "query_type": "vector", "strictness": 3, "in_scope": True,
            "semantic_configuration": "default", "include_contexts": ["citations", "intent"],
            "fields_mapping": {"content_fields": ["body"], "title_field": "head"},
            "embedding_dependency": {
                "type": "endpoint", "endpoint": "https://contoso.openai.azure.com/embeddings",
                "authentication": {"type": "access_token", "access_token": SECRET},
            },
        },
    }  # fmt: skip
    (segment,), told = of([source])
    assert (segment.text, segment.origin, segment.editable) == ("You answer from the handbook.", Origin.SYSTEM, False)
    at = "/data_sources/0/parameters"
    assert segment.pointer == f"{at}/role_information"
    names = ["endpoint", "index_name", "authentication", "filter", "query_type", "semantic_configuration"]
    names += ["include_contexts", "fields_mapping", "embedding_dependency", "embedding_dependency/authentication"]
    assert set(told) == {"/data_sources/0/type", *(f"{at}/{name}" for name in names)}
    assert told[f"{at}/authentication"].why == told[f"{at}/embedding_dependency/authentication"].why == CREDENTIAL
    assert told[f"{at}/authentication"].characters == len("api_key" + SECRET)


def test_the_older_spelling_is_known_too():
    source = {"type": "AzureCognitiveSearch", "parameters": {"key": SECRET, "roleInformation": "Be kind to all."}}
    (segment,), told = of([source], "dataSources")
    assert segment.text == "Be kind to all."
    assert told["/dataSources/0/parameters/key"].why == CREDENTIAL


@pytest.mark.parametrize(
    "name",
    [
        "authentication", "key", "api_key", "apiKey", "APIKEY", "adminKey", "encoded_api_key", "access_token",
        "password", "connection_string", "connectionString", "client_secret", "credentials", "sas_token",
        "sas", "Authorization", "headers", "account-key", "my key", "the secret key",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [SECRET, {"any": [SECRET]}, [{"x y": SECRET}]])
def test_no_credential_is_in_any_text(name, value):
    for source in ({name: value}, {"parameters": {name: value}}, {"x y": {"deep": [{name: value}]}}):
        segments, _ = of([source])
        assert SECRET not in "".join(segment.text for segment in segments)


def test_a_field_nobody_knows_is_read():
    segments, _ = of([{"parameters": {"instructions": "a b", "x y": "c d"}}, "e f"])
    assert [segment.text for segment in segments] == ['{"x y":"c d"}', "a b", "e f"]


names = st.sampled_from(["endpoint", "key", "filter", "a", "a b", "embedding_dependency", "type"])
json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_any_shape_is_told_without_an_error(value):
    segments, _ = of(value)
    assert all(not segment.editable and segment.origin is Origin.SYSTEM for segment in segments)
