"""Tailscale Aperture's hooks: before a request goes to its provider, and after the answer (docs/protocol-reference.md).

The answer must be a 2xx with `action`. Aperture takes every other status, and JSON it does not understand, for a failed
hook, and lets the request pass then unless the hook says `fail_closed`. Answers to events after the response are not
looked at: what they hold is judged for the record.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.anything import extract_anything
from guardrails.chat.extract import Extract, not_given
from guardrails.chat.json_text import readable
from guardrails.domain.content import Origin, Stage, Unread
from guardrails.domain.errors import InvalidRequest
from guardrails.domain.subject import Subject
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Unjudged
from guardrails.gateways.by_path import read_as, reading_of
from guardrails.gateways.fields import object_in, text_in

_REQUEST: Final = "request_body"
_SAID: Final = "user_message"
_ANSWERS: Final = ("response_body", "raw_responses", "tool_calls")
_LABELS: Final = ("provider", "session_id", "stable_node_id", "user_agent")
_ABOUT: Final = "who asks, and by which way; never part of the prompt"
_REPEATED: Final = "stands in request_body, which is read"
_BLOCKED: Final = 403
_FAULT: Final = 500


class Aperture:
    """The adapter. One door serves all events: which one it is, is told by what the body holds."""

    name = "aperture"
    doors = (("POST", "/gateways/aperture"),)
    reads_bytes = False

    def parse(self, call: Call) -> Submission:
        """Read all that the operator's `send` chose; only `request_body` can be changed."""
        body = call.body
        stage = Stage.OUTPUT if _answered(body) else Stage.INPUT
        return Submission(stage, body, partial(_read, body), subject=_subject(body))

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """`allow`, `block` with our sentence, or `modify` with the whole body."""
        if judged.blocked:
            return _block(_BLOCKED, judged.told)
        if judged.edited is not None:
            return Reply({"action": "modify", _REQUEST: judged.edited[_REQUEST]})
        return Reply({"action": "allow"})

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """A block with the reason."""
        return _block(_BLOCKED if unjudged.status == _FAULT else unjudged.status, unjudged.message)


def _block(status: int, message: str) -> Reply:
    return Reply({"action": "block", "status_code": status, "message": message})


def _answered(body: Mapping[str, Any]) -> bool:
    """Whether it is an event after the response. What only looks like one is judged as what goes to the model."""
    calls = body.get("tool_calls")
    called = isinstance(calls, list) and all(isinstance(call, dict) and "params" in call for call in calls)
    return bool(body.get("response_body") or body.get("raw_responses") or (calls and called))


def _read(body: Mapping[str, Any], trusted: Collection[str]) -> Extract:
    """Every string. What the users said last is a part of the request; where it is not found there, it is read too."""
    about = body.get("metadata")
    about = about if isinstance(about, dict) else None
    known = {_REQUEST, _SAID, *_ANSWERS, *(() if about is None else ("metadata",))}
    request = _request(body, trusted)
    found = Extract(unread=tuple(not_given(about, "/metadata", _ABOUT, Origin.SYSTEM))) + request
    found += _said(body.get(_SAID), request)
    author = Origin.ASSISTANT if _answered(body) else Origin.USER
    for name in _ANSWERS:
        found += _under(name, extract_anything(body.get(name), origin=author), editable=False)
    rest = {name: value for name, value in body.items() if name not in known}
    found += _under("", extract_anything(rest), editable=False)
    if not found.segments:
        raise InvalidRequest("holds no text: list request_body in the hook's `send`", field=_REQUEST)
    return found


def _request(body: Mapping[str, Any], trusted: Collection[str]) -> Extract:
    about = object_in(body, "metadata")
    reading = reading_of(text_in(about, "url") or "", text_in(about, "provider") or "")
    return _under(_REQUEST, read_as(reading, body.get(_REQUEST), trusted))


def _said(said: Any, request: Extract) -> Extract:  # noqa: ANN401 - any JSON
    if isinstance(said, str) and any(
        readable(said) in one.text for one in request.segments if one.origin is Origin.USER and not one.old
    ):
        return Extract(unread=(Unread(child("", _SAID), len(said), _REPEATED, Origin.USER),))
    return _under(_SAID, extract_anything(said), editable=False)


def _under(name: str, extract: Extract, *, editable: bool = True) -> Extract:
    """An extract of a member's value as one of the body."""
    prefix = child("", name) if name else ""
    return Extract(
        tuple(
            replace(one, pointer=prefix + one.pointer, editable=one.editable and editable) for one in extract.segments
        ),
        tuple(replace(one, pointer=prefix + one.pointer) for one in extract.unread),
    )


def _subject(body: Mapping[str, Any]) -> Subject:
    about = object_in(body, "metadata")
    return Subject(
        user=text_in(about, "login_name"),
        team=text_in(about, "tailnet_name"),
        request_id=text_in(about, "request_id"),
        model=text_in(about, "model"),
        labels={name: value for name in _LABELS if (value := text_in(about, name)) is not None},
    )
