"""Every string of a chunk has the address that it has in the whole answer; what cannot be judged is told."""

import orjson
import pytest
from chat_streams import chunk, delta

from guardrails.chat.chunk import noted, read
from guardrails.chat.piece import Unreadable
from guardrails.chat.response import MAX_CHOICES


def of(*choices, **fields):
    return read(chunk(*choices, **fields)[6:-2])


def pieces(found):
    return {piece.pointer: piece.text for piece in found.pieces}


def asides(found):
    return {aside.pointer: aside.text for aside in found.asides}


def test_every_string_of_a_delta_has_its_address_in_the_whole_answer():
    found = of(
        delta(
            1,
            role="assistant", content="a", refusal="b", reasoning_content="c", reasoning="d",
            tool_calls=[
                {"index": 3, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{"}},
                {"index": 0, "type": "custom", "custom": {"name": "g", "input": "h"}},
            ],
            function_call={"name": "i", "arguments": "j"},
            annotations=[{"type": "url_citation", "url_citation": {"title": "k l"}}],
        ),
        delta(0, content=""),
    )  # fmt: skip
    assert pieces(found) == {
        "/choices/1/message/content": "a",
        "/choices/1/message/tool_calls/3/function/name": "f",
        "/choices/1/message/tool_calls/3/function/arguments": "{",
        "/choices/1/message/tool_calls/0/custom/name": "g",
        "/choices/1/message/tool_calls/0/custom/input": "h",
        "/choices/1/message/function_call/name": "i",
        "/choices/1/message/function_call/arguments": "j",
        "/choices/1/message/refusal": "b",
        "/choices/1/message/reasoning_content": "c",
        "/choices/1/message/reasoning": "d",
        "/choices/1/message/annotations/0/url_citation/title": "k l",
    }
    assert [piece.pointer for piece in found.pieces if piece.is_name] == [
        "/choices/1/message/tool_calls/3/function/name", "/choices/1/message/tool_calls/0/custom/name",
        "/choices/1/message/function_call/name",
    ]  # fmt: skip
    assert (found.begun, found.finished, asides(found)) == ({0, 1}, set(), {})


def test_a_path_leads_to_its_string():
    body = orjson.loads(chunk(delta(2, content=[{"type": "text", "text": "a"}]), delta(0, note={"x": ["b"]}))[6:-2])
    for piece in read(orjson.dumps(body)).pieces:
        at = body
        for step in piece.path:
            at = at[step]
        assert at == piece.text


def test_text_parts_are_pieces_of_one_content_as_callers_join_them():
    parts = [{"type": "text", "text": "a"}, {"type": "output_text", "text": "b", "note": "c d"}]
    found = of(delta(content=parts))
    assert [(piece.pointer, piece.text) for piece in found.pieces] == [
        ("/choices/0/message/content", "a"), ("/choices/0/message/content", "b"),
        ("/choices/0/message/content/1/note", "c d"),
    ]  # fmt: skip
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "e"}]}]
    assert pieces(of(delta(content=thinking))) == {"/choices/0/message/content/0/thinking/0/text": "e"}


def test_frames_without_text_are_legal():
    assert of(prompt_filter_results=[{"prompt_index": 0, "content_filter_results": {"a": "b c"}}]).pieces == []
    found = of({
        "index": 0, "finish_reason": None, "content_filter_results": {"hate": {"severity": "x y"}},
        "content_filter_offsets": {"check_offset": 1}, "content_filter_raw": [{"x": "y z"}],
    })  # fmt: skip
    assert (found.pieces, found.asides, found.begun, found.finished) == ([], [], {0}, set())
    assert of(usage={"total_tokens": 3}, obfuscation="9aZ").asides == []
    assert of({"index": 0, "delta": None}).begun == {0}
    assert read(b'{"choices": null}').begun == set()
    assert of(delta(4, "stop")).finished == {4}


def test_the_envelope_is_told():
    assert of().envelope == {"id": "chatcmpl-1", "created": 7, "model": "gpt-4o", "system_fingerprint": "fp_1"}
    assert of(id="", created=0, model="").envelope == {"system_fingerprint": "fp_1"}


def test_what_stands_outside_of_the_deltas_is_read_too():
    found = of(
        {"index": 0, "delta": {"role": "call me", "x y": "z"}, "finish_reason": "ring 5", "note": "a b", "text": "c"},
        citations=["https://x.de/ann"], error={"message": "oh no"}, provider="me", obfuscation="a b", **{"q r": "s"},
    )  # fmt: skip
    assert pieces(found) == {"/choices/0/note": "a b", "/choices/0/text": "c"}
    assert asides(found) == {
        "/choices/0/message/role": "call me",
        "/choices/0/message": '{"x y":"z"}',
        "/choices/0/finish_reason": "ring 5",
        "/citations": '["https://x.de/ann"]',
        "/error": '{"message":"oh no"}',
        "/provider": "me",
        "/obfuscation": "a b",
        "": '{"q r":"s"}',
    }


def test_a_message_in_place_of_a_delta_is_read_as_one():
    message = {"content": "a", "tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]}
    assert pieces(of({"index": 0, "message": message}))["/choices/0/message/tool_calls/0/function/arguments"] == "{}"


def test_logprobs_pass_with_the_text_they_spell_and_are_read_where_they_spell_another():
    def spelled(content, *tokens):
        probabilities = {"content": [{"token": token} for token in tokens], "refusal": None}
        return asides(of(delta(content=content) | {"logprobs": probabilities}))

    assert spelled("ab c", "ab", " c") == {}
    assert spelled("", "ab", " c") == {"/choices/0/logprobs": "ab c"}
    assert spelled("ab", "ab", " c") == {"/choices/0/logprobs": "ab c"}


@pytest.mark.parametrize(
    "data",
    [
        b"\xff", b"{", b"[]", b'"x"', b"3", b"null", b'{"choices": 3}', b'{"choices": {}}', b'{"choices": [3]}',
        b'{"choices": [null]}', b'{"a": NaN}', b'{"choices":[{"index":0,"delta":{"content":"\\ud800"}}]}',
        b'{"choices":[{"index":0,"delta":{"content":"\xed\xa0\x80"}}]}', b"[DONE] and more",
        b'{"a":' + b"[" * 70 + b'"x"' + b"]" * 70 + b"}", b"[" * 5000 + b"]" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_chunk_cannot_be_judged(data):
    with pytest.raises(Unreadable):
        read(data)


@pytest.mark.parametrize(
    "choice",
    [
        {"delta": {"content": "x"}}, {"index": "0"}, {"index": True}, {"index": -1}, {"index": MAX_CHOICES},
        {"index": 0, "delta": "x"}, {"index": 0, "delta": []}, delta(content=3), delta(content={}),
        delta(content=["x"]), delta(content=[{"text": "x"}]), delta(content=[{"type": "text"}]),
        delta(content=[{"type": "text", "text": 3}]), delta(content=[{"type": "image_url", "image_url": {"url": "x"}}]),
        delta(content=[{"type": "input_audio"}]), delta(audio={"data": "UklGRg=="}), delta(refusal=["x"]),
        delta(reasoning_content=3), delta(tool_calls={}), delta(tool_calls=[3]), delta(tool_calls=[{"function": {}}]),
        delta(tool_calls=[{"index": 4000}]), delta(tool_calls=[{"index": 0, "function": "x"}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": {"a": "b"}}}]), delta(function_call="x"),
        delta(tool_calls=[{"index": 0, "custom": {"input": 3}}]), delta(function_call={"name": 3}),
        delta(images=[{"type": "image_url", "image_url": {"url": "data:x"}}]), {"index": 0, "finish_reason": 3},
        {"index": 0, "message": {"audio": {}}}, {"index": 0, "logprobs": "x"}, {"index": 0, "logprobs": {"content": 3}},
    ],
)  # fmt: skip
def test_a_wrong_type_or_content_that_is_no_text_cannot_be_judged(choice):
    with pytest.raises(Unreadable):
        of(choice)


def test_a_stream_that_nobody_judges_is_only_asked_for_its_choices():
    found = noted(chunk(delta(1, content=3), delta(0, "stop"), "odd")[6:-2])
    assert (found.begun, found.finished, found.pieces) == ({0, 1}, {0}, [])
    with pytest.raises(Unreadable):
        noted(b"[]")
