"""What a model's answer says beside its texts: which deployment gave it, and what Azure's own filter did."""

import structlog

from guardrails.chat.model_filter import Told, told_by_answer, told_by_error
from guardrails.domain.errors import UpstreamError
from guardrails.domain.forwarded import FilterResult, Forwarded
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.telemetry.metrics import Metrics
from guardrails.upstreams.upstream import Completion, OpenStream

_log = structlog.get_logger(__name__)


class FilterNotices:
    """Counts, logs and records what the model's own filter did. It changes no answer."""

    def __init__(self, guard: Guard, metrics: Metrics) -> None:
        self._guard = guard
        self._metrics = metrics

    def answered(self, completion: Completion, exchange: Exchange) -> Forwarded:
        """Notice what a completion says; what is returned belongs into the record of its verdict."""
        results, categories = told_by_answer(completion.body)
        forwarded = Forwarded(completion.deployment, completion.attempts, results, categories)
        self._tell(forwarded, exchange)
        return forwarded

    def streamed(self, stream: OpenStream, told: Told, exchange: Exchange) -> Forwarded:
        """The same for a stream, of which `told` is what its events said."""
        forwarded = Forwarded(stream.deployment, stream.attempts, *told)
        self._tell(forwarded, exchange)
        return forwarded

    def refused(self, error: UpstreamError, asked: Assessment, exchange: Exchange) -> None:
        """Notice that the filter refused a prompt which passed our checks, and record it; other errors pass by."""
        results, categories = told_by_error(error.status, error.body)
        if not results:
            return
        forwarded = Forwarded(error.deployment, error.attempts, results, categories)
        self._tell(forwarded, exchange)
        self._guard.record_refusal_of_model(asked, exchange, forwarded)

    def _tell(self, forwarded: Forwarded, exchange: Exchange) -> None:
        model = exchange.model or ""
        for result in forwarded.filter_results:
            self._metrics.model_filtered(model, result)
        if FilterResult.NOT_FILTERED in forwarded.filter_results:
            _log.warning("filter_of_model_could_not_run", model=model, deployment=forwarded.deployment)
