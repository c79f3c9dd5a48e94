"""Envoy's external authorization over HTTP: the request of Envoy's client, before it goes on to a model.

Envoy asks with the client's own method and path behind ours, and with its body where `with_request_body` is set. 200
lets the request on. Any other status below 500 is given to the client with our headers and body, so that here the block
is a status. From 500 on Envoy takes us for broken: it answers for itself, or lets the request on where
`failure_mode_allow` is set. A block is never one of these (source: envoy, ext_authz.proto and ext_authz_http_impl.cc).
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from guardrails.chat.extract import Extract
from guardrails.chat.filter_results import refusal_body
from guardrails.domain.content import Stage
from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.domain.subject import Subject
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Textless, Unjudged
from guardrails.gateways.by_path import read_as, reading_of
from guardrails.gateways.ext_authz.content import content_of
from guardrails.gateways.fields import text_in

USER_HEADER: Final = "x-guardrails-user"
TEAM_HEADER: Final = "x-guardrails-team"
UNJUDGED_HEADER: Final = "x-guardrails-unjudged"
_PARTIAL_HEADER: Final = "x-envoy-auth-partial-body"
_RETRY_AFTER: Final = "Retry-After"

_MAY_BE_EMPTY: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_REFUSED: Final = 400
_FAILED: Final = 424
_COME_BACK: Final = 429
_BROKEN: Final = 500
_NO_RETRY: Final[Mapping[str, str]] = {"x-should-retry": "false"}


class ExtAuthz:
    """The adapter. The client's path follows the door's; the query is the client's, too."""

    name = "ext_authz"
    doors = (("*", "/gateways/ext_authz"), ("*", "/gateways/ext_authz/{path:[\\s\\S]*}"))
    reads_bytes = True

    def parse(self, call: Call) -> Submission | Textless:
        """Read the whole body: chats by their path, other JSON leaf by leaf, text as one text."""
        _require_whole(call)
        if not call.raw:
            return Textless(Reply({}, headers={UNJUDGED_HEADER: "no body"}))
        content = content_of(call.raw, call.headers.get("Content-Type", ""))
        reading = partial(_read, call.path, content)
        subject = _subject(call, content)
        return Submission(Stage.INPUT, content, reading, subject=subject, editable=False, url_is_operators=False)

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """200, or what the client of a model expects: Azure's own refusal, or that a guardrail could not run."""
        if not judged.blocked:
            return Reply({"id": judged.id, "verdict": judged.verdict.action.word})
        if judged.unavailable:
            return Reply(_error(judged.told, "server_error", "guardrail_unavailable"), _FAILED, _NO_RETRY)
        return Reply(refusal_body(judged.verdict, judged.refusal), _REFUSED)

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """The error that an SDK of OpenAI's reads, with a status that Envoy passes on."""
        if unjudged.status < _BROKEN:
            error = _error(unjudged.message, "invalid_request_error", unjudged.code, unjudged.field)
            return Reply(error, unjudged.status)
        error = _error(unjudged.message, "server_error", unjudged.code)
        if _RETRY_AFTER in unjudged.headers:
            return Reply(error, _COME_BACK, {_RETRY_AFTER: unjudged.headers[_RETRY_AFTER]})
        return Reply(error, _FAILED, _NO_RETRY)


def _error(message: str, kind: str, code: str, field: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": field, "code": code}}


def _require_whole(call: Call) -> None:
    """Refuse what Envoy did not show us, or not all of it."""
    if call.headers.get(_PARTIAL_HEADER, "").lower() == "true":
        raise TooLarge("The body is larger than Envoy passes on to be judged (with_request_body.max_request_bytes).")
    if "Upgrade" in call.headers or (not call.raw and call.path.rstrip("/").endswith("realtime")):
        raise InvalidRequest("This opens a connection whose messages cannot be judged.")
    if not call.raw and call.method not in _MAY_BE_EMPTY:
        raise InvalidRequest(
            f"This {call.method} came without a body to judge: Envoy sends bodies only where with_request_body is set."
        )


def _read(path: str, content: Any, trusted: Collection[str]) -> Extract:  # noqa: ANN401 - any JSON
    return read_as(reading_of(f"/{path}"), content, trusted)


def _subject(call: Call, content: Any) -> Subject:  # noqa: ANN401 - any JSON
    return Subject(
        user=call.headers.get(USER_HEADER),
        team=call.headers.get(TEAM_HEADER),
        request_id=call.headers.get("x-request-id"),
        model=text_in(content, "model") if isinstance(content, dict) else None,
    )
