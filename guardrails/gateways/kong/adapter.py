"""Kong's `ai-custom-guardrail`: no contract of its own, but templates, so that both sides are flat fields of ours.

Kong blocks on what the operator's `response.block` makes of the answer. How it takes a changed text is not documented:
unless the operator says that he has it taken (`masking`), a redaction blocks.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from guardrails.chat.anything import extract_anything
from guardrails.chat.extract import Extract, not_given
from guardrails.chat.request import extract_text
from guardrails.domain.content import Origin, Segment, Stage
from guardrails.domain.errors import InvalidRequest
from guardrails.domain.subject import Subject
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Unjudged
from guardrails.gateways.fields import chosen_in, text_in
from guardrails.gateways.reading import extract_something

MASKING: Final = "masking"
"""The member, and the parameter of the URL, by which the operator says that his template takes a changed text."""

_TEXTS: Final = ("text", "content")
_DIRECTIONS: Final = ("source", "direction", "stage")
_STAGES: Final[Mapping[str, Stage]] = MappingProxyType({"input": Stage.INPUT, "output": Stage.OUTPUT})
_SWITCH: Final[Mapping[str, bool]] = MappingProxyType({"true": True, "false": False})
_LABEL: Final = "says who asks; never part of the prompt"
_CHOICE: Final = "an operator's choice; never part of the prompt"
_ABOUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("user", "team", "model", "request_id"), _LABEL),
        **dict.fromkeys((*_DIRECTIONS, "policy", MASKING), _CHOICE),
    }
)
"""Members that no check is given while they are plain strings or switches, with the reason that receipts repeat."""


class Kong:
    """The adapter. One door serves both directions."""

    name = "kong"
    doors = (("POST", "/gateways/kong"),)
    reads_bytes = False

    def parse(self, call: Call) -> Submission:
        """Read the text; of a body without one, and of members that are not ours, every string."""
        body = call.body
        stage, masking = _stage(body), _masking(call)
        member = next((name for name in _TEXTS if isinstance(body.get(name), str)), None)
        subject = Subject(
            user=text_in(body, "user"),
            team=text_in(body, "team"),
            model=text_in(body, "model"),
            request_id=text_in(body, "request_id"),
        )
        policy = chosen_in(body, "policy", "policy")
        if member is None:
            origin = Origin.USER if stage is Stage.INPUT else Origin.ASSISTANT
            about = [name for name, value in body.items() if _is_about(name, value)]
            read = partial(extract_something, body, origin=origin, about=about)
            return Submission(stage, dict(body), read, policy=policy, subject=subject, editable=False)
        content = {**{name: value for name, value in body.items() if name != member}, "text": body[member]}
        return Submission(
            stage, content, partial(_read, stage, content), policy=policy, subject=subject, editable=masking
        )

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:  # noqa: ARG002 - the verdict says all
        """Every field, always."""
        content = submission.content if judged.edited is None else judged.edited
        text = content.get("text")
        return _answer(
            blocked=judged.blocked,
            message=judged.told if judged.blocked else judged.message,
            block_message=f"{judged.refusal} Reference: {judged.id}" if judged.blocked else "",
            text=text if isinstance(text, str) and not judged.blocked else "",
            masked=judged.edited is not None,
            verdict=judged.verdict.action.word,
            degraded=judged.verdict.degraded,
            id=judged.id,
        )

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:  # noqa: ARG002 - the reason says all
        """A block that says why."""
        return _answer(
            blocked=True,
            message=unjudged.message,
            block_message=unjudged.message,
            text="",
            masked=False,
            verdict="block",
            degraded=False,
            id="",
        )


def _answer(**fields: str | bool) -> Reply:
    return Reply(fields)


def _stage(body: Mapping[str, Any]) -> Stage:
    told: dict[Stage, str] = {}
    for name in _DIRECTIONS:
        word = body.get(name)
        if word is None:
            continue
        stage = _STAGES.get(word.strip().casefold()) if isinstance(word, str) else None
        if stage is None:
            raise InvalidRequest("must be INPUT or OUTPUT", field=name)
        told[stage] = name
    if len(told) > 1:
        raise InvalidRequest(f"says the opposite of {told[Stage.INPUT]}", field=told[Stage.OUTPUT])
    return next(iter(told), Stage.INPUT)


def _masking(call: Call) -> bool:
    for value, place in ((call.query.get(MASKING), f"query {MASKING}"), (call.body.get(MASKING), MASKING)):
        if value is None:
            continue
        switch = _SWITCH.get(value.strip().casefold()) if isinstance(value, str) else value
        if not isinstance(switch, bool):
            raise InvalidRequest("must be true or false", field=place)
        return switch
    return False


def _read(stage: Stage, content: Mapping[str, Any], trusted: Collection[str]) -> Extract:
    found = extract_text(content, stage, trusted)
    rest: dict[str, Any] = {}
    for name, value in content.items():
        if _is_about(name, value):
            found += Extract(unread=tuple(not_given(value, f"/{name}", _ABOUT[name], found.segments[0].origin)))
        elif name != "text":
            rest[name] = value
    if not rest:
        return found
    more = extract_anything(rest, trusted, found.segments[0].origin)
    return found + Extract(tuple(map(_sealed, more.segments)), more.unread)


def _is_about(name: str, value: object) -> bool:
    return name in _ABOUT and isinstance(value, str | bool | None)


def _sealed(segment: Segment) -> Segment:
    return replace(segment, editable=False)
