"""The table is whole: no string of a chat body or of an answer, as the SDK and Azure know them, is missing in it."""

from pathlib import Path
from typing import get_args, get_type_hints

import jsonpointer
import openai.types.chat as shapes
import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from server.leaks.bodies import streamed, strings
from server.leaks.cells import answer_of
from server.leaks.maximal import ANSWER, BODY
from server.leaks.page import PAGE, page
from server.leaks.plants import FORMS, PLANTS, channels, laid_bare, leaks
from server.leaks.row import Reading
from server.leaks.table import INPUT, OUTPUT, SPLITS

NO_STRINGS = {
    "messages", "frequency_penalty", "logprobs", "max_completion_tokens", "max_tokens", "n", "parallel_tool_calls",
    "presence_penalty", "seed", "store", "temperature", "top_logprobs", "top_p",
}  # fmt: skip
"""Parameters that are numbers or yes and no; `test_a_sentence_in_a_number_is_read` of the extraction has the rest."""


@pytest.mark.parametrize(("whole", "rows"), [(BODY, INPUT), (ANSWER, OUTPUT)], ids=["body", "answer"])
def test_every_string_has_a_row_and_every_row_a_string(whole, rows):
    told = {row.pointer for row in rows if not row.named}
    assert set(strings(whole)) - told == set()
    made_up = {row.pointer for row in rows if row.form == "a JSON number"} | {"/policy"}
    assert told - set(strings(whole)) - made_up - {"/choices/1/message/content"} == set()
    assert all(isinstance(jsonpointer.resolve_pointer(whole, row.pointer), dict) for row in rows if row.named)


def test_every_parameter_the_sdk_knows_is_in_the_body():
    assert set(CompletionCreateParamsBase.__annotations__) - NO_STRINGS <= set(BODY)


def _members(*names: str) -> set[str]:
    return {member for name in names for member in getattr(shapes, name).__annotations__}


ROLES = {
    "system": "ChatCompletionSystemMessageParam",
    "developer": "ChatCompletionDeveloperMessageParam",
    "user": "ChatCompletionUserMessageParam",
    "assistant": "ChatCompletionAssistantMessageParam",
    "tool": "ChatCompletionToolMessageParam",
    "function": "ChatCompletionFunctionMessageParam",
}


@pytest.mark.parametrize(("role", "shape"), ROLES.items())
def test_every_member_of_a_message_is_in_some_message(role, shape):
    there = {member for message in BODY["messages"] if message["role"] == role for member in message}
    # A developer's name is a system's.
    assert _members(shape) - there <= ({"name"} if role == "developer" else set())


def test_every_type_of_content_part_is_in_some_message():
    parts = [
        part for message in BODY["messages"] if isinstance(message["content"], list) for part in message["content"]
    ]
    known = {get_type_hints(shape)["type"] for shape in get_args(shapes.ChatCompletionContentPartParam)}
    assert {get_args(kind)[0] for kind in known} <= {part["type"] for part in parts}


def test_every_member_of_an_answer_the_sdk_knows_is_in_the_answer():
    choice = ANSWER["choices"][0]
    assert set(shapes.ChatCompletion.model_fields) <= set(ANSWER)
    assert set(shapes.chat_completion.Choice.model_fields) <= set(choice)
    assert set(shapes.ChatCompletionMessage.model_fields) <= set(choice["message"])


def test_no_row_is_there_twice_and_none_travels_without_a_reason():
    for rows in (INPUT, OUTPUT):
        assert len({str(row) for row in rows}) == len(rows)
    silent = [row for row in INPUT + OUTPUT if any(row.outcome(plant) == "travels" for plant in row.plants)]
    assert all([*row.notes()] for row in silent)
    assert all(split.why for split in SPLITS)
    assert all(row.why for row in INPUT + OUTPUT if row.reading is Reading.UNREAD)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("plant", PLANTS)
def test_a_plant_is_found_in_every_form(form, plant):
    if form != "one word" and (form != "a JSON number" or plant == "card"):
        assert leaks(plant, FORMS[form](PLANTS[plant].text).encode())
    assert not leaks(plant, FORMS[form]("nothing of the kind").encode())


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_plant_is_found_in_a_stream_however_it_is_cut(size):
    answer = {**ANSWER, "choices": [{**ANSWER["choices"][0]}]}
    for member in ("content", "refusal", "reasoning_content"):
        message = {**ANSWER["choices"][0]["message"], member: "It is anna.smith@contoso.com."}
        answer["choices"][0]["message"] = message
        raw = b"".join(streamed(answer, size))
        assert leaks("mail", raw)
        assert not leaks("card", raw)
        assert "It is anna.smith@contoso.com." in channels(raw)
        assert laid_bare(raw)


def test_the_page_is_what_the_table_says():
    written = Path(PAGE).read_text(encoding="utf-8")
    assert written == page(), "rewrite it: PYTHONPATH=tests .venv/bin/python -m server.leaks.page"


@pytest.mark.parametrize("row", OUTPUT, ids=str)
def test_a_stream_of_the_answer_holds_the_plant_whatever_the_size_of_its_pieces(row):
    for plant in row.plants:
        for size in (37, 100_000) if "40,000" in row.form else (1, 3, 100_000):
            if row.form != "a JSON number":
                assert leaks(plant, b"".join(streamed(answer_of(row, plant), size)))
