"""Every string of an answer has an address; what is no text is told."""

import pytest

from guardrails.chat.response import MAX_CHOICES, extract_choices, extract_completion
from guardrails.domain.content import Kind, Origin
from guardrails.domain.errors import InvalidRequest, TooLarge


def choice(**message):
    return {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}


def addresses(segments):
    assert {segment.origin for segment in segments} <= {Origin.ASSISTANT}
    return {segment.pointer: segment.text for segment in segments}


def test_every_choice_and_every_string_of_it_is_read():
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    choices = [
        choice(content="a", refusal="b", reasoning_content="c", annotations=[{"type": "url_citation", "url": "d e"}]),
        choice(content=[{"type": "text", "text": "f g"}], tool_calls=[call]),
        choice(content=None, function_call={"name": "h", "arguments": "i"}) | {"note": "j k"},
        {"index": 3, "text": "legacy"},
    ]
    assert addresses(extract_choices(choices).segments) == {
        "/choices/0/message/content": "a",
        "/choices/0/message/refusal": "b",
        "/choices/0/message/reasoning_content": "c",
        "/choices/0/message/annotations/0/url": "d e",
        "/choices/1/message/content/0/text": "f g",
        "/choices/1/message/tool_calls/0/function/name": "f",
        "/choices/1/message/tool_calls/0/function/arguments": "{}",
        "/choices/2/message/function_call/name": "h",
        "/choices/2/message/function_call/arguments": "i",
        "/choices/2/note": "j k",
        "/choices/3/text": "legacy",
    }


def test_azures_own_verdicts_and_logprobs_are_not_read():
    answer = choice(content="a") | {
        "logprobs": {"content": [{"token": "a b"}]},
        "content_filter_results": {"custom_blocklists": {"details": [{"id": "my list"}]}},
    }
    assert addresses(extract_choices([answer]).segments) == {"/choices/0/message/content": "a"}


def test_a_whole_completion_is_read_with_its_unknown_fields():
    completion = {
        "id": "chatcmpl 1", "object": "chat.completion", "created": 1, "model": "gpt 4o", "usage": {"total_tokens": 1},
        "prompt_filter_results": [{"prompt_index": 0}], "choices": [choice(content="a")],
        "citations": ["https://x.de/ann"],
    }  # fmt: skip
    assert addresses(extract_completion(completion).segments) == {
        "/choices/0/message/content": "a",
        "/citations": '["https://x.de/ann"]',
    }


def test_a_prefix_moves_the_pointers():
    assert addresses(extract_choices([choice(content="a")], "/body/choices").segments) == {
        "/body/choices/0/message/content": "a"
    }


def test_an_answer_without_choices_has_nothing_to_read():
    assert extract_choices([]).segments == ()


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        (None, "choices"),
        ({}, "choices"),
        (["x"], "choices[0]"),
        ([{}], "choices[0].message"),
        ([{"message": "x"}], "choices[0].message"),
        ([{"message": None}], "choices[0].message"),
        ([choice(content=3)], "choices[0].message.content"),
        ([choice(tool_calls="x")], "choices[0].message.tool_calls"),
        ([choice(content="\ud800")], "choices[0].message.content"),
    ],
)
def test_what_is_no_completion_is_refused_by_the_name_of_its_field(choices, field):
    with pytest.raises(InvalidRequest) as caught:
        extract_choices(choices)
    assert caught.value.field == field


def test_a_completion_is_an_object_with_bounded_choices():
    with pytest.raises(InvalidRequest):
        extract_completion([])
    with pytest.raises(InvalidRequest):
        extract_completion({"error": {}})
    with pytest.raises(TooLarge, match=f"{MAX_CHOICES} choices"):
        extract_choices([choice(content="a")] * (MAX_CHOICES + 1))


def test_what_is_no_text_is_a_segment_of_its_kind():
    choices = [
        choice(content="a", audio=None),
        choice(content=None, audio={"id": "au", "data": "UklGRg==", "transcript": "hello you"}),
        choice(content=[{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}, "odd", 7]),
    ]
    segments = extract_choices(choices).segments
    assert [(one.pointer, one.kind, one.text) for one in segments if one.kind is not Kind.TEXT] == [
        ("/choices/1/message/audio", Kind.AUDIO, "UklGRg=="),
        ("/choices/2/message/content/1/image_url/url", Kind.REMOTE_IMAGE, "x"),
        ("/choices/2/message/content/3", Kind.OTHER, ""),
    ]
    read = {one.pointer: one.text for one in segments if one.kind is Kind.TEXT}
    assert read["/choices/1/message/audio/transcript"] == "hello you"
    assert read["/choices/2/message/content/2"] == "odd"
    assert "UklGRg==" not in read.values()


def test_what_of_an_answer_is_given_to_no_check_is_told_and_why():
    completion = {
        "id": "chatcmpl-1", "model": "gpt-4o", "usage": {"prompt_tokens": 3},
        "choices": [
            choice(content="a") | {"logprobs": {"content": [{"token": "a", "bytes": None, "logprob": -1.0}]}},
        ],
    }  # fmt: skip
    told = {one.pointer: (one.characters, one.why) for one in extract_completion(completion).unread}
    assert set(told) == {
        "/id", "/model", "/choices/0/finish_reason", "/choices/0/message/role", "/choices/0/logprobs",
    }  # fmt: skip
    assert told["/choices/0/logprobs"][0] == 1
    assert all(why for _, why in told.values())


def test_a_finish_reason_that_is_a_sentence_is_read():
    choice = {"finish_reason": "stop", "message": {"content": "x"}}
    assert [segment.pointer for segment in extract_choices([choice]).segments] == ["/choices/0/message/content"]
    segments = extract_choices([choice | {"finish_reason": "call anna@contoso.com"}]).segments
    assert ("/choices/0/finish_reason", "call anna@contoso.com", False) in [
        (segment.pointer, segment.text, segment.editable) for segment in segments
    ]


def test_a_text_part_whose_text_is_no_string_cannot_be_judged():
    for part in ({"type": "text", "text": 4111111111111111}, {"type": "refusal", "refusal": [4111111111111111]}):
        with pytest.raises(InvalidRequest) as caught:
            extract_choices([{"message": {"content": [part]}}])
        assert caught.value.field == f"choices[0].message.content[0].{part['type']}"


def test_parts_of_an_answer_are_read_together_too():
    parts = [{"type": "text", "text": "I will "}, {"type": "text", "text": "hurt you."}]
    joined = [
        segment for segment in extract_choices([{"message": {"content": parts}}]).segments if segment.kind is Kind.PARTS
    ]
    assert [(segment.pointer, segment.text) for segment in joined] == [
        ("/choices/0/message/content", "I will hurt you.")
    ]
