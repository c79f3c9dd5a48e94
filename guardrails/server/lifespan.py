"""Opens everything in one stack when the app starts, and closes it in reverse when it ends."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

from aiohttp import web

from guardrails.azure.client import AzureClient
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.tokens import TokenProvider
from guardrails.checks.catalogue import SPECS, api_versions, build_checks
from guardrails.pipeline.bundles import Bundles
from guardrails.pipeline.guard import Guard
from guardrails.pipeline.guarded_chat import GuardedChat
from guardrails.server.decision_log import open_decision_log
from guardrails.server.gate import Gate
from guardrails.server.hangup import on_hangup
from guardrails.server.placeholder_keys import read_placeholder_keys
from guardrails.server.prepare import Prepared
from guardrails.server.readiness import ReadinessProbe
from guardrails.server.reload import Reloader
from guardrails.server.shared_key import shared_key
from guardrails.server.verdict_cache import open_verdict_cache
from guardrails.settings.schema import Settings, Telemetry
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.found import RecordedDecisions
from guardrails.telemetry.metrics import Metrics
from guardrails.telemetry.recent import Recent
from guardrails.telemetry.subjects import Kept, Subjects
from guardrails.upstreams.catalogue import build_upstreams
from guardrails.web.callers import Callers
from guardrails.web.services import HOLDER, Services

MAX_COMPLETION_BYTES = 8 * 1024 * 1024
"""Far more than any completion has; reading and judging a longer one would hold up everybody else."""

CleanupContext = Callable[[web.Application], AsyncIterator[None]]


def lifespan(prepared: Prepared, secrets: SecretReader, metrics: Metrics, callers: Callers) -> CleanupContext:
    """The app's one cleanup context: sessions, tokens, checks, models and the decision log."""

    async def context(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app[HOLDER].put(await _open(stack, prepared, secrets, metrics, callers))
            try:
                yield
            finally:
                app[HOLDER].put(None)

    return context


async def _open(
    stack: AsyncExitStack, prepared: Prepared, secrets: SecretReader, metrics: Metrics, callers: Callers
) -> Services:
    settings = prepared.settings
    keys = await read_placeholder_keys(prepared, secrets)
    cache = await open_verdict_cache(stack, settings, secrets, metrics)
    subjects = await _subjects(settings.telemetry, secrets)
    decisions, recorded = await _open_records(stack, settings, metrics)
    sessions = await stack.enter_async_context(open_sessions(settings.azure))
    tokens = TokenProvider(settings, secrets, sessions.checks, metrics)
    stack.push_async_callback(tokens.close)
    metrics.watch_tokens(tokens.ages, tokens.expires_in)
    checks = build_checks(settings.services, settings.azure, AzureClient(sessions.checks, tokens, metrics))
    guard = Guard(checks, metrics, decisions, at_once=settings.server.max_judged, keys=keys, cache=cache)
    metrics.watch_waiting(lambda: guard.waiting)
    chat_client = AzureClient(sessions.chat, tokens, metrics, max_answer_bytes=MAX_COMPLETION_BYTES)
    upstreams = build_upstreams(settings, chat_client, metrics)
    bound = frozenset(policy for caller in settings.callers.values() for policy in caller.policies)
    bundles = Bundles(prepared.bundle, settings.bundles.canary, bound, metrics.bundles)
    readiness = ReadinessProbe(settings, lambda: bundles.active, tokens, lambda: guard.can_record)
    deployments = [deployment for upstream in upstreams.values() for deployment in upstream.deployments]
    await tokens.start([*readiness.targets, *(deployment.target for deployment in deployments)])
    reloader = _start_reloading(stack, settings, bundles, Gate(settings, guard, readiness, secrets))
    metrics.bundles.watch(bundles.state, reloader.read_s)
    on_hangup(stack, decisions.reopen, reloader.reload)
    return Services(
        bundles=bundles,
        watched=settings.bundles.watch,
        specs=SPECS,
        guard=guard,
        chat=GuardedChat(guard, upstreams, metrics),
        callers=callers,
        metrics=metrics,
        readiness=readiness,
        max_body=settings.server.max_body,
        streams=settings.server.streams,
        recorded=recorded,
        subjects=subjects,
        gateway_deadline_s=settings.gateways.deadline_ms / 1000,
    )


def _start_reloading(stack: AsyncExitStack, settings: Settings, bundles: Bundles, gate: Gate) -> Reloader:
    reloader = Reloader(settings.policies, api_versions(settings.services), bundles, gate, settings.bundles)
    reloader.start()
    stack.push_async_callback(reloader.aclose)
    return reloader


async def _subjects(telemetry: Telemetry, secrets: SecretReader) -> Subjects:
    key = await shared_key("telemetry.subject_key", telemetry.subject_key, secrets)
    return Subjects(Kept(telemetry.subjects), key)


async def _open_records(
    stack: AsyncExitStack, settings: Settings, metrics: Metrics
) -> tuple[DecisionLog, RecordedDecisions]:
    recent = Recent(settings.telemetry.recent_decisions)
    decisions = await open_decision_log(stack, settings.telemetry, metrics, recent)
    recorded = RecordedDecisions(settings.telemetry.decisions, recent)
    stack.callback(recorded.close)
    return decisions, recorded
