"""What every adapter makes of a body of any shape, before anything is judged."""

from collections import Counter

import pytest
from gateway_calls import ADAPTERS, NAMES
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.content import MEDIA
from guardrails.domain.errors import InvalidRequest
from guardrails.gateways.adapter import Call

FIELDS = (
    *("messages", "contents", "input", "system", "role", "content", "parts", "text", "type", "a&b", "c|d", "source"),
    *("tool_calls", "function", "arguments", "texts", "structured_messages", "tools", "images", "body", "request"),
    *("json", "response", "requestBody", "responseBody", "request_body", "user_message", "choices", "message"),
    *("eventType", "input_type", "prompt", "output", "name", "data", "image_url"),
)
WORDS = (
    *("user", "assistant", "tool", "text", "tool_result", "hello there", "x y z", "function", "beforeRequestHook"),
    *("request", "response", "data:image/png;base64,AAAA"),
)
FIELD, WORD = st.sampled_from(FIELDS), st.sampled_from(WORDS)
VALUE = st.recursive(
    WORD | st.integers(0, 3) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELD, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("name", [name for name in NAMES if not ADAPTERS[name].reads_bytes])
@given(body=st.dictionaries(FIELD, VALUE, max_size=5), path=st.sampled_from(("request", "response")))
def test_no_two_texts_share_a_pointer_for_what_was_seen_in_one_must_not_speak_for_the_other(name, body, path):
    try:
        read = ADAPTERS[name].parse(Call(path=path, body=body)).read(frozenset())
    except InvalidRequest:  # an explicit block
        return
    shared = Counter(segment.pointer for segment in read.segments if segment.kind not in MEDIA)
    assert [pointer for pointer, number in shared.items() if number > 1] == []
