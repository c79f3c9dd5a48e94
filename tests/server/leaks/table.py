"""The leak matrix: every position of a chat body and of an answer, and what becomes of what is planted there.

docs/leak-matrix.md is made from it (`server.leaks.page`).
"""

from server.leaks.plants import PLANTS
from server.leaks.row import Outcome, Reading, Row, Split

_UNKNOWN = "the policy blocks parts that no check reads"
_LET_IN = "the policy lets in what no check reads"
_ALLOWED = {"policy": "media-allowed"}


def _rows(reading: Reading, origin: str, *pointers: str, **more: object) -> list[Row]:
    return [Row(pointer, reading, origin, **more) for pointer in pointers]  # type: ignore[arg-type]


_E, _W, _U, _R = Reading.EDITABLE, Reading.WHOLE, Reading.UNREAD, Reading.REFUSED
_M = Reading.MEDIA

_WORD = {"form": "one word", "plants": ("card", "term"), "why": "a single word at a place of the protocol is not read"}
_NUMBER = "a number of the body is not read; of JSON text, tools and schemas it is"
_UNJSON = "escapes are read where the whole string is the JSON of an object or a list; elsewhere they are text as it is"
_LABEL = "a label for accounts and abuse monitoring; never part of the prompt"
_JSON = (
    "as a JSON leaf",
    "deep in JSON",
    "JSON in JSON",
    "JSON in JSON in JSON",
    "JSON, every character escaped",
    "JSON in JSON, every character escaped",
    "JSON in JSON, every escape escaped",
    "JSON, after a line feed",
    "JSON in JSON, after a line feed",
    "JSON, after an escaped quote",
    "JSON, after an escaped control character",
    "a member name in JSON",
)
_LONG = ("40,000 characters, in the middle", "40,000 characters, across 5,120", "40,000 characters, across 10,000")


def _forms(pointer: str, origin: str, forms: tuple[str, ...]) -> list[Row]:
    return [Row(pointer, _E, origin, form) for form in forms]


def _number(pointer: str, reading: Reading, origin: str) -> Row:
    return Row(pointer, reading, origin, "a JSON number", plants=("card",))


_TEXT_PARTS = ("1/content/0", "3/content/0", "3/content/1", "5/content/0", "5/content/1", "8/content/0")
_MESSAGES = [
    *_rows(_R, "", *(f"/messages/{index}/role" for index in range(16))),
    *_rows(_E, "system", "/messages/0/content", "/messages/1/content/0/text"),
    *_rows(_W, "system", "/messages/0/name"),
    *_rows(_E, "user", "/messages/2/content", "/messages/2/x_note", "/messages/2/x_deep/list/0"),
    *_rows(_E, "user", "/messages/2/x_deep/list/1/c"),
    *_rows(_W, "user", "/messages/2/name"),
    *_rows(_W, "user", "/messages/2", "/messages/2/x_deep", named=True),
    *_rows(_E, "user", "/messages/3/content/0/text", "/messages/3/content/1/text", "/messages/3/content/1/x_note"),
    *_rows(_E, "user", "/messages/3/content/1/prompt_cache_breakpoint/mode"),
    *_forms("/messages/2/content", "user", (*_JSON, *_LONG)),
    *_rows(_E, "assistant", "/messages/4/content", "/messages/4/refusal", "/messages/4/reasoning_content"),
    *_rows(_E, "assistant", "/messages/5/content/0/text", "/messages/5/content/1/refusal"),
    *_rows(_W, "assistant", "/messages/4/name"),
    *_rows(_E, "assistant", "/messages/6/tool_calls/0/function/arguments", "/messages/6/tool_calls/1/custom/input"),
    *_rows(_W, "assistant", "/messages/6/tool_calls/0/function/name", "/messages/6/tool_calls/1/custom/name"),
    *_rows(_W, "assistant", "/messages/6/tool_calls/0/id", "/messages/6/tool_calls/1/id"),
    *_rows(_U, "assistant", "/messages/6/tool_calls/0/id", **_WORD),
    *_rows(_R, "", "/messages/6/tool_calls/0/type", "/messages/6/tool_calls/1/type"),
    *_forms("/messages/6/tool_calls/0/function/arguments", "assistant", (*_JSON, *_LONG)),
    _number("/messages/6/tool_calls/0/function/arguments", _E, "assistant"),
    *_rows(_E, "tool", "/messages/7/content", "/messages/8/content/0/text"),
    *_rows(_W, "tool", "/messages/7/tool_call_id", "/messages/8/tool_call_id"),
    *_rows(_U, "tool", "/messages/7/tool_call_id", **_WORD),
    *_forms("/messages/7/content", "tool", (*_JSON, *_LONG)),
    _number("/messages/7/content", _E, "tool"),
    *_rows(_E, "assistant", "/messages/9/function_call/arguments"),
    *_rows(_W, "assistant", "/messages/9/function_call/name"),
    *_rows(_E, "tool", "/messages/10/content"),
    *_rows(_W, "tool", "/messages/10/name"),
]

_IMAGE = "/messages/11/content/0"
_MEDIA = [
    *_rows(
        _M, "", f"{_IMAGE}/image_url/url", "/messages/12/content/0/input_audio/data",
        "/messages/12/content/0/input_audio/format", "/messages/13/content/0/file/filename",
        "/messages/13/content/0/file/file_data", "/messages/13/content/0/file/file_id", "/messages/14/content/0/body",
        "/messages/15/audio/id", *(f"/messages/{index}/content/0/type" for index in (11, 12, 13, 14)),
        *(f"/messages/{place}/type" for place in _TEXT_PARTS), why=_UNKNOWN,
    ),
    *_rows(_E, "user", f"{_IMAGE}/image_url/detail", f"{_IMAGE}/image_url/alt", f"{_IMAGE}/caption"),
    *_rows(
        _E, "user", "/messages/12/content/0/input_audio/format", "/messages/13/content/0/file/filename",
        "/messages/14/content/0/body", **_ALLOWED,
    ),
    *_rows(_W, "user", "/messages/13/content/0/file/file_id", "/messages/14/content/0/type", **_ALLOWED),
    *_rows(_W, "assistant", "/messages/15/audio/id", **_ALLOWED),
    *_rows(
        _U, "", f"{_IMAGE}/image_url/url", "/messages/12/content/0/input_audio/data",
        "/messages/13/content/0/file/file_data", **_ALLOWED, why=_LET_IN,
    ),
]  # fmt: skip
"""Where the policy allows media, what is text in them is read all the same."""

_SCHEMA = tuple(
    f"/tools/0/function/parameters/properties/at/{name}"
    for name in ("type", "description", "enum/0", "default", "const", "title", "pattern", "examples/0")
)
_TOP = [
    *_rows(
        _W, "system", "/tools/0/type", "/tools/0/function/name", "/tools/0/function/description", *_SCHEMA,
        "/tools/0/function/parameters/type", "/tools/0/function/parameters/required/0",
        "/tools/1/type", "/tools/1/custom/name", "/tools/1/custom/description", "/tools/1/custom/format/type",
        "/tools/1/custom/format/grammar/syntax", "/tools/1/custom/format/grammar/definition",
        "/functions/0/name", "/functions/0/description", "/functions/0/parameters/properties/at/description",
        "/tool_choice/type", "/tool_choice/function/name", "/function_call/name",
        "/response_format/type", "/response_format/json_schema/name", "/response_format/json_schema/description",
        "/response_format/json_schema/schema/type", "/response_format/json_schema/schema/properties/text/type",
        "/response_format/json_schema/schema/properties/text/description",
        "/response_format/json_schema/schema/properties/text/enum/0",
        "/prediction/type", "/prediction/content/0/type", "/prediction/content/0/text", "/stop/0", "/stop/1",
        "/web_search_options/user_location/approximate/city", "/reasoning_effort", "/verbosity", "/service_tier",
        "/modalities/0", "/audio/voice", "/audio/format", "/stream_options/x_note", "/prompt_cache_retention",
        "/prompt_cache_options/mode", "/prompt_cache_options/ttl", "/moderation/model", "/moderation/policy/input/mode",
        "/x_note", "/x_list/0", "/x_list/1/b", "/x_deep/a/b",
    ),
    *_rows(
        _W, "system", "/tools/0/function/parameters/properties", "/response_format/json_schema/schema/properties",
        "/logit_bias", "/x_deep", "", named=True,
    ),
    _number("/tools/0/function/parameters/properties/at/default", _W, "system"),
    *(Row(pointer, _W, "system", form) for pointer in ("/tools/0/function/description", "/x_note") for form in _JSON),
    *(
        Row("/messages/2/content", _U, "", f"{how}, every character escaped", why=_UNJSON)
        for how in ("prose with JSON in it", "a JSON string", "JSON that breaks off")
    ),
    *_rows(_E, "document", "/documents/0", "/documents/1/title", "/documents/1/text"),
    *_rows(_U, "", "/user", "/metadata/team", "/safety_identifier", "/prompt_cache_key", why=_LABEL),
    *_rows(_U, "", "/metadata", named=True, why=_LABEL),
    *_rows(_R, "", "/model", why="chooses the model; one that there is not is a 404"),
    *_rows(_R, "", "/policy", why="ours: it chooses the policy; one that there is not is a 404"),
    Row("/reasoning_effort", _U, "", "one word", plants=("card", "term"), why="a single word of a knob is not read"),
    *_rows(_U, "", "/seed", "/x_number", form="a JSON number", plants=("card",), why=_NUMBER),
    Row("/messages/2/x_number", _U, "", "a JSON number", plants=("card",), why=_NUMBER),
    *_rows(
        _U, "", "/messages/2", "/metadata", "", named=True, form="one word", plants=("term",),
        why="a member's name that is an identifier is not read where members are read one by one",
    ),
]  # fmt: skip

_SOURCE = "/data_sources/0/parameters"
_PLACES = tuple(f"{_SOURCE}/{name}" for name in ("endpoint", "index_name", "filter"))
_DATA_SOURCES = [
    *_rows(_W, "system", f"{_SOURCE}/role_information", f"{_SOURCE}/x_note", "/data_sources/0/type"),
    *_rows(_U, "", *_PLACES, why="where and how Azure searches; never part of the prompt"),
    *_rows(
        _U, "", f"{_SOURCE}/authentication/type", f"{_SOURCE}/authentication/key",
        why="a credential; shown to no check",
    ),
]  # fmt: skip

INPUT: tuple[Row, ...] = (*_MESSAGES, *_MEDIA, *_TOP, *_DATA_SOURCES)
"""What a caller sends."""

_TEXTS_OUT = ("card", "mail", "harm", "term")
_OWN = "the endpoint's own mark or verdict"


def _out(reading: Reading, *pointers: str, **more: object) -> list[Row]:
    return _rows(reading, "assistant", *pointers, **{"plants": _TEXTS_OUT, **more})


_MESSAGE = "/choices/0/message"
OUTPUT: tuple[Row, ...] = (
    *_out(
        _E, f"{_MESSAGE}/content", f"{_MESSAGE}/refusal", f"{_MESSAGE}/reasoning_content",
        f"{_MESSAGE}/tool_calls/0/function/arguments", f"{_MESSAGE}/tool_calls/1/custom/input",
        f"{_MESSAGE}/function_call/arguments", f"{_MESSAGE}/annotations/0/url_citation/url",
        f"{_MESSAGE}/annotations/0/url_citation/title", f"{_MESSAGE}/context/intent",
        f"{_MESSAGE}/context/citations/0/content", f"{_MESSAGE}/context/citations/0/title",
        f"{_MESSAGE}/context/citations/0/url", f"{_MESSAGE}/context/citations/0/filepath", f"{_MESSAGE}/x_note",
        f"{_MESSAGE}/x_deep/list/0", f"{_MESSAGE}/x_deep/list/1/c", "/choices/0/x_note", "/choices/0/x_deep/list/0",
        "/choices/1/message/content/0/text", "/choices/1/message/content/1/text", "/choices/1/message/content",
    ),
    *(
        Row(pointer, _E, "assistant", form, plants=_TEXTS_OUT)
        for pointer in (f"{_MESSAGE}/content", f"{_MESSAGE}/tool_calls/0/function/arguments")
        for form in (*_JSON, *_LONG)
    ),
    _number(f"{_MESSAGE}/tool_calls/0/function/arguments", _E, "assistant"),
    *_out(
        _W, f"{_MESSAGE}/role", "/choices/0/finish_reason", f"{_MESSAGE}/tool_calls/0/function/name",
        f"{_MESSAGE}/tool_calls/1/custom/name", f"{_MESSAGE}/function_call/name", f"{_MESSAGE}/tool_calls/0/id",
        f"{_MESSAGE}/tool_calls/1/id", f"{_MESSAGE}/annotations/0/type", "/citations/0", "/x_note", "/x_deep/a/b",
        "/metadata/team", "/moderation/input/type", "/moderation/input/code", "/moderation/input/message",
        "/choices/1/finish_reason", "/choices/1/message/role",
    ),
    *_out(_W, f"{_MESSAGE}", "/choices/0", f"{_MESSAGE}/x_deep", "/x_deep", "", named=True),
    *_out(_U, f"{_MESSAGE}/tool_calls/0/id", **_WORD),
    *_out(_R, f"{_MESSAGE}/tool_calls/0/type", f"{_MESSAGE}/tool_calls/1/type"),
    *_out(
        _M, "/choices/1/message/content/0/type", "/choices/1/message/content/1/type", f"{_MESSAGE}/audio/id",
        f"{_MESSAGE}/audio/data", f"{_MESSAGE}/audio/transcript",
        why="an answer with what no check reads is withheld; a stream of it ends",
    ),
    *_out(_E, f"{_MESSAGE}/audio/transcript", **_ALLOWED),
    *_out(_U, f"{_MESSAGE}/audio/data", **_ALLOWED, why=_LET_IN),
    *_out(
        _U, "/id", "/object", "/model", "/system_fingerprint", "/service_tier",
        "/prompt_filter_results/0/content_filter_results/hate/severity",
        "/choices/0/content_filter_results/hate/severity", why=_OWN,
    ),
    *_out(
        _U, "/choices/0/logprobs/content/0/token", "/choices/0/logprobs/content/0/top_logprobs/0/token",
        why="tokens of the text that is read; removed when that text is edited or withheld",
    ),
    Row("/x_number", _U, "", "a JSON number", plants=("card",), why=_NUMBER),
)  # fmt: skip
"""What a model answers."""


_BY_PARTS = {"card": Outcome.TRAVELS, "mail": Outcome.TRAVELS, "harm": Outcome.BLOCKED, "term": Outcome.BLOCKED}
_PARTS = "Prompt Shield and Content Safety read the parts joined; pii, which must tell the place, part by part"
SPLITS: tuple[Split, ...] = (
    Split("two text parts of one user message", "input", {**_BY_PARTS, "attack": Outcome.BLOCKED}, _PARTS),
    Split("two text parts of one tool result", "input", {**_BY_PARTS, "attack": Outcome.BLOCKED}, _PARTS),
    Split(
        "two turns of the user",
        "input",
        {name: Outcome.BLOCKED if name == "attack" else Outcome.TRAVELS for name in PLANTS},
        "only Prompt Shield reads the last turns joined",
    ),
    Split(
        "two string leaves of one tool call's arguments",
        "input",
        dict.fromkeys(("card", "mail"), Outcome.TRAVELS),
        "a leaf is a value of its own",
    ),
    Split("two text parts of one answer", "output", _BY_PARTS, _PARTS),
    Split("two choices", "output", dict.fromkeys(_BY_PARTS, Outcome.TRAVELS), "each choice is an answer of its own"),
)
"""What stands in two places."""
