"""TrueFoundry's custom guardrail: before and after a model, and around MCP tools.

The answer is HTTP 200 with a boolean `verdict`; TrueFoundry takes any other status for a guardrail that failed. What we
change comes back whole as `result`, counts only beside a literal `transformed: true`, and only where the guardrail's
operation is `mutate`. The wire does not tell the operation: whoever set it to `validate` must tell us, or what should
have been hidden goes on as it was. Contract: docs/gateway-contract.md of truefoundry/integrations-custom-guardrails.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from guardrails.domain.errors import InvalidRequest
from guardrails.domain.subject import Subject
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Unjudged
from guardrails.gateways.fields import chosen_in, labels_in, object_in, text_in
from guardrails.gateways.truefoundry.hook import REQUEST, hook_of

OPERATION: Final = "operation"
VALIDATE: Final = "validate"
_OPERATIONS: Final = ("mutate", VALIDATE)
REPLY: Final = "reply"
LEGACY: Final = "legacy"
_POLICY: Final = "policy"
_BLOCKED: Final = 400
"""How a gateway of before May 2026 is told; it takes every 2xx for a pass."""


class TrueFoundry:
    """The adapter. One door serves all hooks."""

    name = "truefoundry"
    doors = (("POST", "/gateways/truefoundry"),)
    reads_bytes = False

    def parse(self, call: Call) -> Submission:
        """Read the request, or the answer where there is one."""
        config = _config(call.body)
        _require_known(call.query, config)
        hook = hook_of(call.body)
        return Submission(
            hook.stage,
            hook.content,
            hook.read,
            policy=chosen_in(config, _POLICY, "config.policy"),
            subject=_subject(call.body),
            editable=hook.editable and not _only_validates(call.query, config),
        )

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:
        """`verdict`, `transformed`, `result` and `message`; or what gateways of before May 2026 understand.

        `result` is the complete body, or null: where we block, and where TrueFoundry would not use it. It is never
        false, which denies by itself.
        """
        changed = judged.edited is not None
        if _is_legacy(call.query):
            return _denied(judged.told) if judged.blocked else Reply(judged.edited)
        kept = submission.content if submission.editable and not judged.blocked else None
        return Reply(
            {
                "verdict": not judged.blocked,
                "transformed": changed,
                "result": judged.edited if changed else kept,
                "message": judged.told if judged.blocked else judged.message,
            }
        )

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:
        """A denial with the reason."""
        if _is_legacy(call.query):
            return _denied(unjudged.message)
        return Reply({"verdict": False, "transformed": False, "result": None, "message": unjudged.message})


def _denied(why: str) -> Reply:
    return Reply({"message": why}, _BLOCKED)


def _is_legacy(query: Mapping[str, str]) -> bool:
    """Whether another reply than the current one is asked for. Of an unknown one nothing is known but that."""
    return REPLY in query


def _all(query: Mapping[str, str], name: str) -> Iterator[str]:
    """A URL may name something twice."""
    return (value for key, value in query.items() if key == name)


def _config(body: Mapping[str, Any]) -> Mapping[str, Any]:
    config = body.get("config")
    if config is not None and not isinstance(config, dict):
        raise InvalidRequest("must be an object", field="config")
    return config or {}


def _require_known(query: Mapping[str, str], config: Mapping[str, Any]) -> None:
    """A mistake in a name must not leave unsaid what was to be said by it.

    Raises:
        InvalidRequest: a name or a word is not known.
    """
    if not {OPERATION, REPLY, _POLICY}.issuperset(query):
        raise InvalidRequest("The URL's query may hold operation, policy and reply only.")
    if not {OPERATION, _POLICY}.issuperset(config):
        raise InvalidRequest("may hold operation and policy only", field="config")
    if any(word != LEGACY for word in _all(query, REPLY)):
        raise InvalidRequest("must be legacy, or absent", field=REPLY)


def _only_validates(query: Mapping[str, str], config: Mapping[str, Any]) -> bool:
    """Whether the guardrail cannot change anything. Where URL and `config` differ this is the safe one to believe.

    Raises:
        InvalidRequest: it is said to do something else.
    """
    said: list[tuple[str, Any]] = [(OPERATION, word) for word in _all(query, OPERATION)]
    if config.get(OPERATION) is not None:
        said.append((f"config.{OPERATION}", config[OPERATION]))
    for field, word in said:
        if word not in _OPERATIONS:
            raise InvalidRequest("must be mutate or validate", field=field)
    return any(word == VALIDATE for _, word in said)


def _subject(body: Mapping[str, Any]) -> Subject:
    context = object_in(body, "context")
    who = object_in(context, "user")
    labels = labels_in(context, "metadata")
    request_id = labels.pop("request_id", None)
    name = text_in(who, "subjectSlug") or text_in(who, "subjectId")
    is_team = who.get("subjectType") == "team"
    return Subject(
        user=None if is_team else name,
        team=name if is_team else None,
        request_id=request_id,
        model=text_in(object_in(body, REQUEST), "model"),
        labels=labels,
    )
