"""Portkey's `default.webhook`: before the call to the model and after it (contract: plugins/default/webhook.ts).

The answer must be HTTP 200 with a boolean `verdict`. Portkey takes every other status for a failed check, and lets the
request pass then unless the check says `failOnError`. `data` is the only place in which our reasons reach anybody.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from guardrails.chat.anything import extract_chat_or_anything, extract_native
from guardrails.domain.content import Stage
from guardrails.domain.errors import InvalidRequest
from guardrails.domain.subject import Subject
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Unjudged
from guardrails.gateways.fields import labels_in, object_in, text_in
from guardrails.gateways.reading import extract_completion_or_anything, extract_something

STREAMS: Final = "streams"
"""In the query, what is to become of requests whose answer would be a stream, which no webhook can guard: `pass`, the
default, or `refuse`."""


_ABOUT: Final = frozenset({"eventType", "metadata", "provider", "requestType"})
"""Members in which nothing of a request stands."""


class Portkey:
    """The adapter. One door serves both events."""

    name = "portkey"
    doors = (("POST", "/gateways/portkey"),)
    reads_bytes = False

    def parse(self, call: Call) -> Submission:
        """Read the whole request before the model, the whole completion after it; `request.text` has the end only.

        A call that does not say which of the two it is is read whole, and nothing of it can be changed.
        """
        body = call.body
        if body.get("eventType") == "afterRequestHook":
            return self._answer(body)
        if _refuses_streams(call) and object_in(body, "request").get("isStreamingRequest") is not False:
            raise InvalidRequest("A streamed answer cannot be guarded here: ask again without `stream`.")
        content = object_in(body, "request").get("json")
        if body.get("eventType") != "beforeRequestHook" or not isinstance(content, dict) or not content:
            read_all = partial(extract_something, body, about=_ABOUT)
            return Submission(Stage.INPUT, body, read_all, subject=_subject(body), editable=False)
        read = extract_native if body.get("requestType") == "messages" else extract_chat_or_anything
        return Submission(Stage.INPUT, content, partial(read, content), subject=_subject(body, content))

    def _answer(self, body: Mapping[str, Any]) -> Submission:
        content = object_in(body, "response").get("json")
        if not isinstance(content, dict):
            raise InvalidRequest("holds no answer: Portkey sends none of a streamed one", field="response.json")
        return Submission(
            Stage.OUTPUT, content, partial(extract_completion_or_anything, content), subject=_subject(body, content)
        )

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """`verdict`, our reasons, and the whole body where it changed."""
        data = {"id": judged.id, "verdict": judged.verdict.action.word, "message": judged.message}
        if judged.blocked:
            data["message"] = judged.told
        answer: dict[str, Any] = {"verdict": not judged.blocked, "data": data}
        if judged.edited is not None:
            side = "request" if submission.stage is Stage.INPUT else "response"
            answer["transformedData"] = {side: {"json": judged.edited}}
        return Reply(answer)

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """A denial with the reason."""
        return Reply(
            {"verdict": False, "data": {"verdict": "block", "message": unjudged.message, "code": unjudged.code}}
        )


def _refuses_streams(call: Call) -> bool:
    word = call.query.get(STREAMS, "pass")
    if word not in {"pass", "refuse"}:
        raise InvalidRequest(f"`{STREAMS}` in the webhook's URL must be pass or refuse.")
    return word == "refuse"


def _subject(body: Mapping[str, Any], content: Mapping[str, Any] = MappingProxyType({})) -> Subject:
    labels = labels_in(body, "metadata")
    user = labels.pop("_user", None)
    return Subject(user=user, model=text_in(content, "model"), labels=labels)
