"""OpenAI's moderation API, for applications that were written for it (contract: openai/types/moderation*.py).

One result for each input string, or one for a list of parts. There is no place for a changed text, so what a policy
would redact is flagged. Here an error is a status: the SDKs raise on it, and no application takes that for clean.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.extract import Extract, collected
from guardrails.chat.leaves import leaves
from guardrails.chat.media import part_strings
from guardrails.chat.message import wrong
from guardrails.chat.protocol import is_word
from guardrails.chat.tree import require_sound
from guardrails.chat.trusted import marked
from guardrails.domain.content import Origin, Segment, Stage, Unread
from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.domain.subject import Subject
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Unjudged
from guardrails.gateways.fields import chosen_in, text_in
from guardrails.gateways.moderations.results import results_of

MODEL: Final = "azure-guardrails"
"""What is answered as the model where the request names none."""
MAX_INPUTS: Final = 2_048
"""The most inputs of one request, and the most parts of one input."""
STAGE: Final = "stage"
"""In the body or the query, which way the texts travel: `input`, the default, or `output`."""

_INPUT: Final = "/input"
_PARTS: Final = frozenset({"text", "image_url"})
_FIELDS: Final = frozenset({"input", "model", "policy", "stage", "user", "safety_identifier"})
_SERVER_ERROR: Final = 500


class Moderations:
    """The adapter."""

    name = "moderations"
    doors = (("POST", "/v1/moderations"), ("POST", "/openai/v1/moderations"), ("POST", "/openai/moderations"))
    reads_bytes = False

    def parse(self, call: Call) -> Submission:
        """`input`: a string, strings, or parts (`text`, `image_url`) that are one input together."""
        body = call.body
        for name in body:
            if name not in _FIELDS:
                raise InvalidRequest(f"a moderation request holds {', '.join(sorted(_FIELDS))}, and nothing else")
        stage = _stage(call)
        origin = Origin.USER if stage is Stage.INPUT else Origin.ASSISTANT
        _require_input(body.get("input"))
        subject = Subject(
            user=text_in(body, "user") or text_in(body, "safety_identifier"), model=text_in(body, "model")
        )
        return Submission(
            stage,
            body,
            partial(_extract, body, origin),
            policy=chosen_in(body, "policy", "policy"),
            subject=subject,
            editable=False,
        )

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """The results in the order of the inputs, and the model that was asked for."""
        results = results_of(judged, _places(submission.content["input"]))
        return Reply({"id": judged.id, "model": _model(submission.content), "results": results})

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """The error that says why, with its status."""
        kind = "server_error" if unjudged.status >= _SERVER_ERROR else "invalid_request_error"
        error = {"message": unjudged.message, "type": kind, "param": unjudged.field, "code": unjudged.code}
        return Reply({"error": error}, status=unjudged.status)


def _stage(call: Call) -> Stage:
    told = call.query.get(STAGE) or chosen_in(call.body, STAGE, STAGE) or Stage.INPUT
    if told not in set(Stage):
        raise InvalidRequest("must be input or output", field=STAGE)
    return Stage(told)


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    return model if isinstance(model, str) and is_word(model) else MODEL


def _require_input(given: Any) -> None:  # noqa: ANN401 - any JSON
    if given is None:
        raise wrong("is required", _INPUT)
    if isinstance(given, str):
        return
    if not isinstance(given, list) or not given:
        raise wrong("must be a string, a list of strings, or a list of parts, with at least one in it", _INPUT)
    if len(given) > MAX_INPUTS:
        raise TooLarge(f"holds more than {MAX_INPUTS} inputs", field="input")
    if isinstance(given[0], str):
        for index, text in enumerate(given):
            if not isinstance(text, str):
                raise wrong("must be a string, as the first one is", child(_INPUT, index))
        return
    for index, part in enumerate(given):
        _require_part(part, child(_INPUT, index))


def _require_part(part: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(part, dict):
        raise wrong("must be a string or a part: {type: text, text: ...}", pointer)
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _PARTS:
        raise wrong(f"must be one of {', '.join(sorted(_PARTS))}", child(pointer, "type"))
    if kind == "text" and not isinstance(part.get("text"), str):
        raise wrong("must be a string", child(pointer, "text"))


def _extract(body: Mapping[str, Any], origin: Origin, trusted: Collection[str]) -> Extract:
    require_sound(dict(body))
    return collected(marked(_strings(body["input"], origin, trusted), body, trusted))


def _strings(given: Any, origin: Origin, trusted: Collection[str]) -> Iterator[Segment | Unread]:  # noqa: ANN401
    if isinstance(given, list) and isinstance(given[0], dict):
        yield from part_strings(given, _INPUT, origin, trusted)
    else:
        yield from leaves(given, _INPUT, origin)


def _places(given: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """The pointers of the inputs, one for each result."""
    if isinstance(given, list) and isinstance(given[0], str):
        return tuple(child(_INPUT, index) for index in range(len(given)))
    return (_INPUT,)
