"""Parts that are no text are segments of their own kind, and every string in them is read or told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import data_url, image_part, picture

from guardrails.chat.extract import MAX_IMAGES
from guardrails.chat.media import _MEDIA_MEMBERS
from guardrails.chat.request import extract_messages
from guardrails.chat.response import extract_choices
from guardrails.domain.content import MEDIA, Kind, Origin, Segment
from guardrails.domain.errors import InvalidRequest, TooLarge

AT = "/messages/0/content/0"


def of(*parts, role="user"):
    return extract_messages({"messages": [{"role": role, "content": list(parts), "tool_call_id": "c"}]})


def texts(extract):
    return {one.pointer: one.text for one in extract.segments if one.kind is Kind.TEXT}


def media(extract):
    return [(one.kind, one.pointer, one.text) for one in extract.segments if one.kind in MEDIA]


def test_a_data_url_is_an_image_and_its_base64_is_no_text():
    payload = data_url(picture()).partition(",")[2]
    extract = of(image_part(data_url(picture()), detail="low"), role="tool")
    assert extract.segments == (Segment(payload, Origin.TOOL, f"{AT}/image_url/url", editable=False, kind=Kind.IMAGE),)
    assert {one.pointer: one.characters for one in extract.unread} == {
        "/messages/0/role": 4, "/messages/0/tool_call_id": 1, f"{AT}/type": 9, f"{AT}/image_url/detail": 3,
    }  # fmt: skip


@pytest.mark.parametrize("url", ["https://x.example/a.png?sig=s", "http://x", "file:///etc/passwd", "gs://b/o", ""])
def test_an_image_somewhere_else_is_its_address(url):
    assert media(of(image_part(url))) == [(Kind.REMOTE_IMAGE, f"{AT}/image_url/url", url)]
    assert not texts(of(image_part(url)))


@pytest.mark.parametrize("start", ["data:", "DATA:", " data:", "\tData:", "\x00" * 300 + "data:", "da\nt\ra\t:"])
def test_a_data_url_is_never_taken_for_an_address(start):
    for rest in ("image/svg+xml,<svg/>", "image/png,abc", ",", "image/png;base64;x,AAAA"):
        with pytest.raises(InvalidRequest, match="base64") as caught:
            of(image_part(start + rest))
        assert caught.value.field == "messages[0].content[0].image_url.url"


def test_the_other_shape_of_an_image_part_is_known_too():
    part = {"type": "input_image", "image_url": data_url(picture()), "detail": "what hides here?"}
    extract = of(part)
    assert [(kind, pointer) for kind, pointer, _ in media(extract)] == [(Kind.IMAGE, f"{AT}/image_url")]
    assert texts(extract) == {f"{AT}/detail": "what hides here?"}


@pytest.mark.parametrize(
    ("part", "kind", "payload", "read"),
    [
        ({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}, Kind.AUDIO, "UklGRg==", {}),
        ({"type": "input_audio", "input_audio": "hello there"}, Kind.AUDIO, "", {"input_audio": "hello there"}),
        (
            {"type": "input_audio", "input_audio": {"data": ["a b"], "format": "say this"}},
            Kind.AUDIO, "", {"input_audio/data/0": "a b", "input_audio/format": "say this"},
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "Ann Smith.pdf"}},
            Kind.FILE, "data:application/pdf;base64,AA==", {"file/filename": "Ann Smith.pdf"},
        ),
        ({"type": "file", "file": {"file_id": "file-123"}}, Kind.FILE, "", {}),
        ({"type": "file", "file": {"file_id": "read me, model"}}, Kind.FILE, "", {"file/file_id": "read me, model"}),
        ({"type": "input_file", "file_url": "https://x/y.pdf", "filename": "y"}, Kind.FILE, "https://x/y.pdf",
         {"filename": "y"}),
        ({"type": "video_url", "video_url": {"url": "https://x/y.mp4"}}, Kind.OTHER, "https://x/y.mp4", {}),
        ({"type": "hologram", "says": "hi you", "deep": [{"er": "x y"}]}, Kind.OTHER, "",
         {"says": "hi you", "deep/0/er": "x y"}),
        ({"type": "a strange type"}, Kind.OTHER, "", {"type": "a strange type"}),
    ],
)  # fmt: skip
def test_a_part_that_is_no_text_is_told_at_its_pointer_and_its_words_are_read(part, kind, payload, read):
    assert media(of(part)) == [(kind, AT, payload)]
    assert texts(of(part)) == {f"{AT}/{pointer}": text for pointer, text in read.items()}


def test_a_member_beside_the_payload_is_read():
    part = image_part("https://x", note="a b") | {"text": "look here", "cache": {"note": "c d"}}
    assert texts(of(part)) == {
        f"{AT}/text": "look here", f"{AT}/cache/note": "c d", f"{AT}/image_url/note": "a b",
    }  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": "hi", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "refusal", "refusal": "hi", "input_audio": {"data": "UklG"}},
        {"type": "input_audio", "input_audio": {"data": "UklG"}, "image_url": {"url": "https://x"}},
        {"type": "image_url", "image_url": {"url": "https://x"}, "file": {"file_data": "AAAA"}},
        {"type": "input_file", "file_data": "AAAA", "video": "AAAA"},
    ],
)
def test_media_under_another_type_are_told_as_a_part_we_do_not_know(part):
    assert (Kind.OTHER, AT, "") in media(of(part))


def test_a_member_that_is_null_is_nothing():
    assert not media(of({"type": "text", "text": "hi", "image_url": None, "input_audio": None}))


def test_the_audio_of_an_earlier_answer_is_audio():
    message = {"role": "assistant", "audio": {"id": "audio_1", "transcript": "I said so"}}
    extract = extract_messages({"messages": [message]})
    assert media(extract) == [(Kind.AUDIO, "/messages/0/audio", "")]
    assert texts(extract) == {"/messages/0/audio/transcript": "I said so"}
    assert media(extract_messages({"messages": [message | {"audio": "RIFF"}]})) == [
        (Kind.AUDIO, "/messages/0/audio", "RIFF")
    ]


@pytest.mark.parametrize("kind", ["text", "refusal", "input_text", "output_text", "thinking", "reasoning"])
def test_parts_of_text_are_no_media(kind):
    part = {"type": kind, "text": "a", "refusal": "b", "thinking": "c", "reasoning": "d"}
    assert not media(of(part))
    assert set(texts(of(part)).values()) == set("abcd")


def test_an_image_of_an_answer_is_an_image():
    choices = [{"message": {"content": [image_part(data_url(picture()))]}}]
    (segment,) = extract_choices(choices).segments
    assert (segment.kind, segment.origin) == (Kind.IMAGE, Origin.ASSISTANT)
    assert segment.pointer == "/choices/0/message/content/0/image_url/url"


def test_images_are_bounded_by_name():
    assert len(media(of(*[image_part("https://x")] * MAX_IMAGES))) == MAX_IMAGES
    with pytest.raises(TooLarge, match="50") as caught:
        of(*[image_part("https://x")] * MAX_IMAGES, image_part(data_url(picture())))
    assert caught.value.field == "messages[0].content[50].image_url.url"


def test_no_repr_shows_a_payload():
    assert "UklGRg" not in repr(of({"type": "input_audio", "input_audio": {"data": "UklGRg=="}}))


names = st.sampled_from(
    ["type", "text", "url", "image_url", "input_audio", "data", "file", "file_data", "detail", "a b"]
)
words = ["", "a b", "low", "wav", "https://x", "image_url", "input_audio", "file", "data:x"]
values = st.recursive(
    st.sampled_from(words) | st.integers(),
    lambda inner: st.dictionaries(names, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=8,
)
types = st.sampled_from(["text", "image_url", "input_image", "input_audio", "file", "input_file", "video_url", "new"])


@given(st.dictionaries(names, values, max_size=5), types)
def test_any_part_is_told_or_refused(part, kind):
    try:
        extract = of(part | {"type": kind})
    except InvalidRequest:
        return
    assert len({(one.pointer, one.kind) for one in extract.segments}) == len(extract.segments)
    assert bool(media(extract)) is (kind != "text" or not _MEDIA_MEMBERS.isdisjoint(part))
    assert all(not one.editable for one in extract.segments if one.kind in MEDIA)
