"""One chat completion: input judged, forwarded to the model, output judged, and the caller's own values put back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from guardrails.chat.edit import apply
from guardrails.chat.extract import Extract
from guardrails.chat.filter_results import blocked_completion
from guardrails.chat.request import extract_request
from guardrails.chat.response import extract_completion
from guardrails.chat.restore import restored, restorer_for
from guardrails.domain.content import Inspection, Stage
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import InvalidRequest, UpstreamUnreachable
from guardrails.domain.verdict import Verdict
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.asking import Asking, Body, Call
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.forwarding import FilterNotices
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.pipeline.guarded_stream import GuardedStream
from guardrails.pipeline.images import with_sound_images
from guardrails.pipeline.output import output_inspection
from guardrails.policy.policy import Policy
from guardrails.telemetry.metrics import Metrics
from guardrails.upstreams.upstream import Completion, OpenStream, Upstream


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

    def __init__(self, guard: Guard, upstreams: Mapping[str, Upstream], metrics: Metrics) -> None:
        self._guard = guard
        self._metrics = metrics
        self._notices = FilterNotices(guard, metrics)
        self._asking = Asking(guard, metrics, self._notices)
        self.upstreams = upstreams

    async def complete(
        self, body: Body, model: str, policy: Policy, caller: str, exchange: Exchange
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
        inspection = await _input_inspection(body, policy, caller)
        upstream = self.upstreams[model]

        async def ask(sent: Body) -> Completion:
            return await upstream.complete(sent, Deadline.after(upstream.timeout_s), exchange.request_id)

        asked = await self._asking.ask(body, inspection, policy, exchange, Call(ask, _tokens_of))
        try:
            answered = await self._judge_answer(asked.answer, policy, caller, asked.exchange)
        except UpstreamUnreachable as error:
            error.verdict, error.verdict_id = asked.assessment.verdict, asked.assessment.id
            raise
        heaviness = weight(inspection) + weight(answered.inspection)
        return GuardedCompletion(
            await aside(heaviness, _carried_out, asked.answer.body, asked.assessment, answered, policy.refusal),
            asked.answer.headers,
            max(asked.assessment.verdict, answered.verdict, key=lambda verdict: verdict.action),
            asked.assessment.dropped_messages,
        )

    async def stream(self, body: Body, model: str, policy: Policy, caller: str, exchange: Exchange) -> GuardedStream:
        """The same for a body with `stream: true`: the input is judged, and the model has begun to answer.

        Whoever gets it must `aclose` it. Arguments and errors are those of `complete`.
        """
        inspection = await _input_inspection(body, policy, caller)
        upstream = self.upstreams[model]

        async def ask(sent: Body) -> OpenStream:
            return await upstream.stream(sent, Deadline.after(upstream.timeout_s), exchange.request_id)

        asked = await self._asking.ask(body, inspection, policy, exchange, Call(ask, _closed))
        judged = policy.judges(Stage.OUTPUT) or wants_more_than_text(body)
        return GuardedStream(self._guard, self._metrics, self._notices, policy, asked, judged=judged)

    async def _judge_answer(
        self, completion: Completion, policy: Policy, caller: str, exchange: Exchange
    ) -> Assessment:
        forwarded = self._notices.answered(completion, exchange)
        inspection = output_inspection(policy, caller, await _readable(completion))
        assessment = await self._guard.assess(inspection, policy, replace(exchange, forwarded=forwarded))
        if assessment.blocked_by_failure_only:
            assessment.raise_if_blocked(policy.refusal)
        return assessment


async def _input_inspection(body: Body, policy: Policy, caller: str) -> Inspection:
    read = await with_sound_images(extract_request(body, policy.trusted))
    return Inspection(Stage.INPUT, caller, read.segments, unread=read.unread)


def wants_more_than_text(body: Body) -> bool:
    """Whether a request asks for sound or images, which hold at every policy's `media`."""
    return body.get("modalities") not in (None, ["text"])


async def _tokens_of(completion: Completion) -> int:
    usage = completion.body.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return tokens if isinstance(tokens, int) and tokens > 0 else 0


async def _closed(stream: OpenStream) -> int:
    await stream.aclose()
    return 0


async def _readable(completion: Completion) -> Extract:
    try:
        return await with_sound_images(extract_completion(completion.body))
    except InvalidRequest as error:
        raise UpstreamUnreachable(f"the model's answer cannot be judged: {error.field}: {error.detail}") from None


def _carried_out(body: Mapping[str, Any], asked: Assessment, answered: Assessment, refusal: str) -> Mapping[str, Any]:
    restorer = restorer_for(asked.edits, asked.inspection.segments)
    if answered.verdict.blocked:
        body = blocked_completion(body, answered.verdict, refusal)
    elif answered.edits:
        body = apply(body, answered.edits)
        # What a rule hid in the answer stays hidden, also where the caller had sent the same value.
        restorer = restorer.without(edit.replacement for edit in answered.edits)
    return restored(body, restorer)
