"""One chat completion: input judged, forwarded to the model, output judged, and the caller's own values put back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from guardrails.chat.edit import apply
from guardrails.chat.filter_results import blocked_completion
from guardrails.chat.request import extract_request
from guardrails.chat.response import extract_completion, unread
from guardrails.chat.restore import restored, restorer_for
from guardrails.domain.content import Inspection, Segment, Stage
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import InvalidRequest, UpstreamError, UpstreamUnreachable
from guardrails.domain.verdict import Verdict
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.forwarding import FilterNotices
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.pipeline.old_turns import judge_input, sendable
from guardrails.policy.policy import Policy
from guardrails.upstreams.upstream import Completion, Upstream


@dataclass(frozen=True, slots=True)
class GuardedCompletion:
    """What the caller gets: the completion, headers of the model's answer worth passing on, the stronger verdict.

    `dropped` is how many earlier messages the model was not sent.
    """

    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str]
    verdict: Verdict
    dropped: int = 0


class GuardedChat:
    """Guards chat completions of the configured models."""

    def __init__(self, guard: Guard, upstreams: Mapping[str, Upstream], notices: FilterNotices) -> None:
        self._guard = guard
        self._notices = notices
        self.upstreams = upstreams

    async def complete(
        self, body: Mapping[str, Any], model: str, policy: Policy, caller: str, exchange: Exchange
    ) -> GuardedCompletion:
        """Judge a chat completions body, send what may travel to the model, judge its answer.

        The answer is judged as the model wrote it, with placeholders; only then the caller's own values come back.

        Args:
            body: The OpenAI chat completions body; it is not changed.
            model: One of `upstreams`.
            policy: What judges both ways.
            caller: The caller's name.
            exchange: The ids under which it is recorded.

        Raises:
            InvalidRequest: the body is not a chat completions body that can be read whole.
            Refused: the input is blocked.
            GuardrailUnavailable: a check could not run, in either direction, and the policy blocks on that.
            UpstreamError: the model endpoint answered with an error.
            UpstreamUnreachable: it gave no usable answer.
        """
        inspection = Inspection(Stage.INPUT, caller, extract_request(body, policy.trusted))
        asked = await judge_input(self._guard, body, inspection, policy, exchange)
        await self._guard.record(asked, exchange)
        asked.raise_if_blocked(policy.refusal)
        sent = await aside(weight(inspection), sendable, body, asked) if asked.changes else body
        upstream = self.upstreams[model]
        deadline = Deadline.after(upstream.timeout_s)
        try:
            completion = await upstream.complete(sent, deadline, exchange.request_id)
            forwarded = self._notices.answered(completion, exchange)
            answered = await self._judge_answer(completion, policy, caller, replace(exchange, forwarded=forwarded))
        except (UpstreamError, UpstreamUnreachable) as error:
            if isinstance(error, UpstreamError):
                self._notices.refused(error, asked, exchange)
            error.verdict, error.verdict_id = asked.verdict, asked.id
            raise
        heaviness = weight(inspection) + weight(answered.inspection)
        return GuardedCompletion(
            await aside(heaviness, _carried_out, completion.body, asked, answered, policy.refusal),
            completion.headers,
            max(asked.verdict, answered.verdict, key=lambda verdict: verdict.action),
            len(asked.dropped.messages) if asked.dropped is not None else 0,
        )

    async def _judge_answer(
        self, completion: Completion, policy: Policy, caller: str, exchange: Exchange
    ) -> Assessment:
        inspection = Inspection(Stage.OUTPUT, caller, _readable(completion))
        assessment = await self._guard.assess(inspection, policy, exchange)
        if assessment.blocked_by_failure_only:
            assessment.raise_if_blocked(policy.refusal)
        return assessment


def _readable(completion: Completion) -> tuple[Segment, ...]:
    try:
        segments = extract_completion(completion.body)
    except InvalidRequest as error:
        raise UpstreamUnreachable(f"the model's answer cannot be judged: {error.field}: {error.detail}") from None
    if unread(completion.body.get("choices")):
        raise UpstreamUnreachable("the model's answer holds parts that no check can read")
    return segments


def _carried_out(body: Mapping[str, Any], asked: Assessment, answered: Assessment, refusal: str) -> Mapping[str, Any]:
    restorer = restorer_for(asked.edits, asked.inspection.segments)
    if answered.verdict.blocked:
        body = blocked_completion(body, answered.verdict, refusal)
    elif answered.edits:
        body = apply(body, answered.edits)
        # What a rule hid in the answer stays hidden, also where the caller had sent the same value.
        restorer = restorer.without(edit.replacement for edit in answered.edits)
    return restored(body, restorer)
