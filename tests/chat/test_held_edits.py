"""Edits and restored values in a held stream are those of the whole answer, wherever frames and windows begin."""

import json
import re
from itertools import pairwise

import orjson
import pytest
from chat_streams import CONTENT, END, NOTHING, answer, called, chunk, delta, drive, finish, said, shape, split, texts
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.held import HeldStream
from guardrails.chat.json_text import edited, is_json_container, readable
from guardrails.chat.restore import restored
from guardrails.chat.restorer import Restorer
from guardrails.domain.content import Edit, Span, apply_edits

ARGUMENTS = "/choices/0/message/tool_calls/0/function/arguments"
MAIL, NAME = "[EMAIL_k3v9q2m7]", "[PERSON_07xtq4we]"
VALUES = {MAIL: "anna@contoso.com", NAME: 'Anna "A" O\\Neil\n'}
RESTORER = Restorer(VALUES)


def finder(pattern, replacement="[X]"):
    found = re.compile(pattern)

    def edits(pointer, text):
        return [Edit(pointer, Span(*match.span()), replacement) for match in found.finditer(text)]

    def judge(window):
        return [
            edit for segment in window.segments if segment.editable for edit in edits(segment.pointer, segment.text)
        ]

    judge.edits = edits
    return judge


SECRET = finder("SECRET[0-9]{2}")


def pieces_of(text, cuts):
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)]


bits = st.lists(
    st.sampled_from(["SECRET12", "SECRET1", "SECRET345", " ", "a", "é. ", "😀", "word ", "\n"]), max_size=25
)
cuts = st.lists(st.integers(0, 400), max_size=20)
shapes = st.builds(shape, st.integers(1, 40), st.integers(8, 20), whole=st.booleans())


@given(bits.map("".join), cuts, cuts, shapes, st.integers(0, 3))
def test_edits_are_those_of_the_whole_text(text, places, bytes_at, how, patience):
    raw = answer(pieces_of(text, places))
    driven = drive(split(raw, bytes_at), how, judge=SECRET, patience=patience)
    assert driven.stream.broken is None
    assert texts(driven.out).get(CONTENT, "") == apply_edits(text, SECRET.edits(CONTENT, text))
    assert driven.out.endswith(END)


@given(bits.map("".join), bits.map("".join), cuts, shapes)
def test_choices_that_alternate_are_edited_each_on_its_own(first, second, places, how):
    raw = b"".join(
        [
            *(
                said(piece, index)
                for both in zip(pieces_of(first, places), pieces_of(second, places), strict=False)
                for index, piece in enumerate(both)
            ),
            finish(0),
            finish(1),
            END,
        ]
    )
    came = texts(raw)
    went = texts(drive(split(raw, places), how, judge=SECRET).out)
    assert went == {at: now for at, text in came.items() if (now := apply_edits(text, SECRET.edits(at, text)))}


def test_a_replacement_stands_where_its_span_began_and_other_frames_are_untouched():
    frames = [said("to SEC"), b": note\n\n", b"id: 4\r\nevent: x\r\n" + said("RET1")[:-2] + b"\r\n\r\n", said("2 now")]
    driven = drive(b"".join([*frames, finish(), END]), shape(), judge=SECRET)
    changed = [orjson.loads(line[6:]) for line in driven.out.split(b"\n") if line.startswith(b"data: {")]
    assert [one["choices"][0]["delta"].get("content") for one in changed] == ["to [X]", "", " now", None]
    assert b"\n\n: note\n\nid: 4\r\nevent: x\r\ndata: {" in driven.out
    assert driven.out.endswith(b"\n\n" + finish() + END)
    assert {name: changed[0][name] for name in ("id", "created", "model")} == {
        "id": "chatcmpl-1", "created": 7, "model": "gpt-4o",
    }  # fmt: skip


def test_logprobs_go_with_the_text_they_spell_and_with_no_other():
    def spelled(text):
        probabilities = {"content": [{"token": text, "logprob": -1, "bytes": None, "top_logprobs": []}]}
        return chunk(delta(0, content=text) | {"logprobs": probabilities})

    kept = spelled("all is well. ")
    out = drive([kept + spelled("SECRET12 ") + finish() + END], shape(), judge=SECRET).out
    assert out.startswith(kept)
    assert b"SECRET" not in out
    assert out.count(b'"logprobs":null') == 1


def test_a_span_that_touches_the_end_waits_for_what_may_belong_to_it():
    judge = finder("[0-9]+", "#")
    stream = HeldStream(shape(1, 8), NOTHING)
    for piece, out in (("card:12345", ""), ("67", ""), (" and more ", "card:#")):
        stream.feed(said(piece))
        window = stream.window()
        stream.settle(window, judge(window))
        assert texts(stream.release()).get(CONTENT, "") == out
    stream.feed(finish() + END)
    assert stream.unjudged == 0
    assert texts(stream.release()) == {CONTENT: " and more "}
    assert stream.drained


def test_a_span_at_the_end_is_not_cut_where_the_text_may_part():
    judge = finder("[0-9]+", "#")
    driven = drive([said("xxxxxxxxxx1234567"), said("8 and more "), finish(), END], shape(1, 4), judge=judge)
    assert [window.offsets[CONTENT] for window in driven.windows] == [0, 10]
    assert texts(driven.out)[CONTENT] == "xxxxxxxxxx# and more "


def test_one_span_longer_than_the_overlap_is_carried_out_as_it_is():
    judge = finder("[0-9]+", "#")
    driven = drive([said("1" * 30)] * 40 + [said(" end"), finish(), END], shape(30, 10), judge=judge)
    assert set(texts(driven.out)[CONTENT].removesuffix(" end")) == {"#"}
    assert len(driven.stream._channels[CONTENT]._text._all()) < 200
    assert max(len(window.segments[0].text) for window in driven.windows) < 100


@pytest.mark.parametrize("whole", [True, False])
def test_what_one_window_found_stays_hidden_though_the_next_one_does_not_find_it(whole):
    seen = []

    def judge(window):
        seen.append(window)
        return [Edit(CONTENT, Span(4, 9), "#")] if len(seen) == 1 else []

    driven = drive([said("the Annas "), said("are here now. "), finish(), END], shape(5, 10, whole=whole), judge=judge)
    assert texts(driven.out)[CONTENT] == "the # are here now. "


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-10**25, 10**25) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["SECRET12", "a SECRET34 b", 'é\\"SECRET56', "😀/@", "SECRET1", "x", "SECRET78" * 2,
                       "so many words " * 3 + "SECRET12" + " and more" * 2, '\n"\\' * 6, '\n"' * 6 + "SECRET12\t" * 3]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "SECRET90", "é b"]), inner),
    max_leaves=12,
).filter(lambda value: isinstance(value, dict | list))  # fmt: skip


def escaped(text, ascii_only):
    return text.replace("E", "\\u0045").replace("/", "\\/") if ascii_only else text


separators = st.sampled_from([(",", ":"), (", ", ": ")])


@given(json_values, st.booleans(), separators, st.booleans(), cuts, shapes, st.integers(0, 2))
def test_edited_json_stays_json_and_is_the_edited_whole(value, ascii_only, between, spelled, places, how, patience):
    text = escaped(json.dumps(value, ensure_ascii=ascii_only, separators=between), spelled)
    raw = answer(pieces_of(text, places), called)
    driven = drive(split(raw, places), how, judge=SECRET, patience=patience)
    assert driven.stream.broken is None
    went = texts(driven.out)[ARGUMENTS]
    assert json.loads(went) == json.loads(edited(text, SECRET.edits(ARGUMENTS, readable(text))))
    assert "SECRET12" not in readable(went)


NUMBER = finder(r"[0-9]{3,}|true|l", "#")


@given(json_values, separators, cuts, shapes)
def test_touched_numbers_and_words_become_strings(value, between, places, how):
    text = json.dumps(value, separators=between)
    driven = drive(split(answer(pieces_of(text, places)), places), how, judge=NUMBER)
    whole = json.loads(edited(text, NUMBER.edits(CONTENT, readable(text))))
    went = json.loads(texts(driven.out)[CONTENT])
    assert json.dumps(went).replace("##", "#") == json.dumps(whole).replace("##", "#")


@pytest.mark.parametrize("overlap", range(6))
@pytest.mark.parametrize(
    ("text", "pattern", "result"),
    [
        ("[1,123456789012345678901234567890,true,false]", "[0-9]{3,}|l", '[1,"#",true,"#"]'),
        ("[1,123456789012345678901234567890,2]", "90,", '[1,"#",2]'),
        ('["%s"]' % ('\\"' * 20 + "\\n" * 20), '\n|"', None),
    ],
)
def test_json_is_parted_neither_within_numbers_and_words_nor_within_escapes(text, pattern, result, overlap):
    judge = finder(pattern, "#")
    driven = drive([*map(called, text), finish(), END], shape(1, overlap), judge=judge)
    went = json.loads(texts(driven.out)[ARGUMENTS])
    assert went == json.loads(result or edited(text, judge.edits(ARGUMENTS, readable(text))))


def test_detectors_see_through_escapes_and_no_window_cuts_one():
    text = '{"to": "anna\\u0040contoso.com", "face": "\\ud83d\\ude00", "n": "\\n"}'
    driven = drive([called(character) for character in text] + [finish(), END], shape(1, 6))
    assert driven.out == b"".join([*map(called, text), finish(), END])
    for window in driven.windows:
        assert not {"u00", "\\ud", "ud83"} & set(window.segments[0].text.split('"'))
    seen = {}
    for window in driven.windows:
        at = window.offsets[ARGUMENTS]
        seen.update(enumerate(window.segments[0].text, at))
    assert "".join(seen[at] for at in sorted(seen)) == '{"to": "anna@contoso.com", "face": "😀", "n": "\n"}'


@pytest.mark.parametrize("tail", ["", "\\", "\\u00", "\\ud83d", "\\ud83d\\", '"', '": 1', '", tr', '", SECRET12'])
@pytest.mark.parametrize("size", [1, 4, 100])
def test_json_that_breaks_off_keeps_nothing_that_an_edit_covers(tail, size):
    text = '{"a": "SECRET12 ' + tail
    raw = b"".join([*(called(text[at : at + size]) for at in range(0, len(text), size)), END])
    driven = drive(split(raw, range(0, len(raw), 70)), shape(4, 8), judge=SECRET)
    assert texts(driven.out)[ARGUMENTS] == text.replace("SECRET12", "[X]")


def test_arguments_stream_while_they_grow():
    text = json.dumps({"items": [f"line {number}" for number in range(100)]})
    driven = drive([called(piece) for piece in pieces_of(text, range(0, 2000, 7))], shape(50, 20))
    assert driven.stream.released[ARGUMENTS] > 0
    first = next(number for number, out in enumerate(driven.outs) if out)
    assert first < len(driven.outs) / 10


def test_a_text_that_is_no_json_is_seen_as_it_is():
    driven = drive([said("say \\u00"), said("40 \\/ "), finish(), END], shape(1, 40))
    assert [window.segments[0].text for window in driven.windows] == ["say ", "say \\u0040 \\/ "]


@pytest.mark.parametrize("text", ["[1] see SECRET12 and {this}", '{"a": 1} SECRET12', "[SECRET12]", "{SECRET12: x}"])
def test_a_text_that_only_begins_like_json_is_edited_as_a_text(text):
    for size in (1, 3, 50):
        raw = answer([text[at : at + size] for at in range(0, len(text), size)])
        went = texts(drive(split(raw, range(0, len(raw), 90)), shape(5, 8), judge=SECRET).out)
        assert went == {CONTENT: text.replace("SECRET12", "[X]")}


# A text that begins like JSON has values escaped while it may become JSON; the same value shows no difference.
PLAIN = Restorer(VALUES | {NAME: "Anna O Neil"})


def completion(text, **message):
    return {"choices": [{"index": 0, "message": {"content": text, **message}}]}


def restored_whole(text):
    return restored(completion(text), PLAIN)["choices"][0]["message"]["content"]


spoken = st.lists(
    st.sampled_from([MAIL, NAME, "[[EMAIL_k3v9q2m7]]", "email_k3v9q2m7", r"\[EMAIL\_k3v9q2m7\]", "[EMAIL_aaaaaaaa]",
                     "[", "]", "EMAIL", "_k3v9", " ", "x", "é", "SECRET12", "\n", "[1, ", '"', "(", "{"]), max_size=14
).map("".join)  # fmt: skip


any_shapes = st.builds(shape, st.integers(1, 40), st.integers(8, 20), judged=st.booleans())


@given(spoken, cuts, cuts, any_shapes)
def test_restored_values_are_those_of_the_whole_answer(text, places, bytes_at, how):
    raw = answer(pieces_of(text, places))
    driven = drive(split(raw, bytes_at), how, restorer=PLAIN)
    assert driven.stream.broken is None
    assert driven.stream.drained
    assert texts(driven.out).get(CONTENT, "") == restored_whole(text)


@given(spoken, cuts, shapes)
def test_edits_come_before_restored_values(text, places, how):
    driven = drive(split(answer(pieces_of(text, places)), places), how, restorer=PLAIN, judge=SECRET)
    after = apply_edits(text, SECRET.edits(CONTENT, text))
    assert texts(driven.out).get(CONTENT, "") == restored_whole(after)


leaves = st.lists(st.sampled_from([MAIL, NAME, "x ", "é", '"', "\\ ", "[E", "a\n", "[PERSON_"]), max_size=5).map(
    "".join
)
documents = st.recursive(
    leaves | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(leaves, inner, max_size=3)
        | st.lists(inner, max_size=2).map(json.dumps)
    ),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict | list))


def meant(value):
    """What JSON means, JSON in its strings included: the same text may be spelled in two ways."""
    if isinstance(value, str):
        return meant(json.loads(value)) if is_json_container(value) else value
    if isinstance(value, list):
        return [meant(element) for element in value]
    return {str(meant(name)): meant(member) for name, member in value.items()} if isinstance(value, dict) else value


@given(documents, st.booleans(), cuts, any_shapes)
def test_restored_arguments_are_json_and_mean_what_the_restored_whole_means(value, ascii_only, places, how):
    text = json.dumps(value, ensure_ascii=ascii_only)
    call = {"function": {"name": "f", "arguments": text}}
    whole = restored(completion(None, tool_calls=[call]), RESTORER)["choices"][0]["message"]["tool_calls"][0]
    driven = drive(map(called, pieces_of(text, places)), how, restorer=RESTORER)
    assert meant(texts(driven.out)[ARGUMENTS]) == meant(whole["function"]["arguments"])


def test_arguments_that_break_off_never_get_a_bare_quote():
    driven = drive([called('{"to": "[PERSON_07x'), called('tq4we] and "'), END], shape(), restorer=RESTORER)
    assert texts(driven.out)[ARGUMENTS] == '{"to": "Anna \\"A\\" O\\\\Neil\\n and "'


def test_what_an_edit_put_in_is_not_restored():
    judge = finder("anna", MAIL)
    driven = drive([said("To anna, "), said(f"or {MAIL}."), finish(), END], shape(200), restorer=RESTORER, judge=judge)
    assert texts(driven.out)[CONTENT] == f"To {MAIL}, or {MAIL}."


def test_names_and_marks_are_never_restored_and_what_is_left_goes_out_before_the_end():
    raw = called("", name="EMAIL_k3v9q2m7", id="EMAIL_k3v9q2m7") + said("ask [EMAIL_k3") + finish() + END
    assert drive([raw], shape(), restorer=RESTORER).out == raw


def test_held_back_is_only_what_may_become_a_placeholder():
    stream = HeldStream(shape(judged=False), RESTORER)
    for piece, out in (("Ask ", "Ask "), ("[EM", ""), ("PLOYEE] ", "[EMPLOYEE] "), ("[EMAIL_k3v9", ""), ("q2m7]", "")):
        stream.feed(said(piece))
        assert texts(stream.release()).get(CONTENT, "") == out
    stream.feed(said(" ok"))
    assert texts(stream.release())[CONTENT] == "anna@contoso.com ok"
