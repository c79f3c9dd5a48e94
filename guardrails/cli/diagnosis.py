"""What `guardrails doctor` finds out: a token for every credential, a harmless probe for all that settings name."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import Any, Final

import aiohttp

from guardrails.azure.blocklists import open_blocklists
from guardrails.azure.client import AzureClient
from guardrails.azure.explain import explain
from guardrails.azure.reply import RawReply
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.target import Target, service_target
from guardrails.azure.tokens import TokenProvider
from guardrails.blocklists.missing import lists_of
from guardrails.checks.catalogue import CATALOGUE, CheckKind
from guardrails.checks.content_safety.check import SPEC as CONTENT_SAFETY
from guardrails.cli.client_id import client_id_of
from guardrails.cli.probe import ProbeClient
from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError, TokenError, UpstreamError, UpstreamUnreachable
from guardrails.policy.policy import Policy
from guardrails.settings.models import deployments_of
from guardrails.settings.schema import Settings
from guardrails.upstreams.catalogue import build_upstreams
from guardrails.upstreams.upstream import ChatDeployment, Upstream

HARMLESS_TEXT: Final = "The weather is nice today."
HARMLESS_PROMPT: Final = "Reply with the word OK."
_PATIENCE_S: Final = 20.0


class Subject(StrEnum):
    """What a diagnosis is about."""

    CREDENTIAL = "credential"
    SERVICE = "service"
    MODEL = "model"
    BLOCKLIST = "blocklist"


class State(StrEnum):
    """How it is. `skipped` waits for something that failed."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding: a sentence, with the mend where something failed. Holds no secret."""

    subject: Subject
    name: str
    state: State
    sentence: str
    duration_ms: float = 0.0


Told = Callable[[Diagnosis], None]


class Doctor:
    """Asks Azure, once for each thing the settings name.

    Args:
        settings: What is configured.
        policies: What is needed: a policy's check without its service is a failure.
        secrets: Where secrets are read.
    """

    def __init__(self, settings: Settings, policies: Mapping[str, Policy], secrets: SecretReader) -> None:
        self._settings = settings
        self._policies = policies
        self._secrets = secrets
        self._targets = {
            kind.spec.name: service_target(kind.spec.service, service, settings.azure)
            for kind in CATALOGUE
            if (service := getattr(settings.services, kind.spec.service)) is not None
        }

    @property
    def questions(self) -> int:
        """How many diagnoses there will be, at most."""
        deployments = sum(len(deployments_of(model)) for model in self._settings.models.values())
        return len(self._settings.credentials) + len(CATALOGUE) + deployments + len(self._lists)

    async def diagnose(self, told: Told) -> tuple[Diagnosis, ...]:
        """Every diagnosis, credentials first; `told` hears of each as soon as it is there.

        Raises:
            ConfigurationError: `azure.ca_file` cannot be used.
        """
        async with open_sessions(self._settings.azure) as sessions:
            tokens = TokenProvider(self._settings, self._secrets, sessions.checks)
            try:
                upstreams = build_upstreams(self._settings, AzureClient(sessions.chat, tokens))
                deployments = [
                    (_named(upstream, deployment), deployment)
                    for upstream in upstreams.values()
                    for deployment in upstream.deployments
                ]
                targets = (*self._targets.values(), *(deployment.target for _, deployment in deployments))
                credentials = await _all((self._credential(tokens, t) for t in self._openers(targets)), told)
                bad = {diagnosis.name for diagnosis in credentials if diagnosis.state is State.FAILED}
                services = (
                    self._service(kind, AzureClient(sessions.checks, tokens), tokens, bad) for kind in CATALOGUE
                )
                models = (self._model(name, deployment, tokens, bad) for name, deployment in deployments)
                lists = (self._list(name, tokens, sessions.checks, bad) for name in self._lists)
                probed = await _all(chain(services, models, lists), told)
            finally:
                await tokens.close()
        return (*credentials, *probed)

    def _openers(self, targets: tuple[Target, ...]) -> Iterator[Target]:
        """One target for each credential and scope in use, and one for each credential that nothing uses."""
        used: dict[tuple[str, str], Target] = {}
        for target in targets:
            used.setdefault((target.credential, target.scope), target)
        for name in self._settings.credentials:
            mine = [target for (credential, _), target in used.items() if credential == name]
            yield from mine or [Target("", self._settings.azure.authority, name, self._settings.azure.scope)]

    def _opener_name(self, target: Target) -> str:
        usual = target.scope == self._settings.azure.scope
        return target.credential if usual else f"{target.credential} for {target.scope}"

    async def _credential(self, tokens: TokenProvider, target: Target) -> Diagnosis:
        began = time.perf_counter()
        name = self._opener_name(target)
        try:
            if tokens.uses_key(target):
                await tokens.headers(target)
                sentence = "The key can be read; the probes below tell whether it is accepted."
            else:
                token = await tokens.token(target, Deadline.after(_PATIENCE_S))
                minutes = (token.expires_at - time.monotonic()) / 60
                sentence = f"Entra gives a token, good for {minutes:.0f} minutes."
        except TokenError as error:
            # The name stands before the sentence already.
            sentence = error.detail.removeprefix(f"No token for credential {target.credential}: ")
            return _diagnosis(Subject.CREDENTIAL, name, State.FAILED, sentence, began)
        return _diagnosis(Subject.CREDENTIAL, name, State.OK, sentence, began)

    async def _service(
        self, kind: CheckKind, client: AzureClient, tokens: TokenProvider, bad: set[str]
    ) -> Diagnosis | None:
        section, target = kind.spec.service, self._targets.get(kind.spec.name)
        if target is None:
            return self._absent(kind)
        if waiting := self._waiting(Subject.SERVICE, section, target, bad):
            return waiting
        began = time.perf_counter()
        probe = ProbeClient(client)
        check = kind.build(probe, getattr(self._settings.services, section), self._settings.azure)
        inspection = Inspection(Stage.INPUT, "doctor", (Segment(HARMLESS_TEXT, Origin.USER, "/text"),))
        report = await check.inspect(inspection, kind.spec.parse_options({}), Deadline.after(_PATIENCE_S))
        if report.status is CheckStatus.COMPLETED:
            return _diagnosis(Subject.SERVICE, section, State.OK, f"{target.endpoint} judges a text.", began)
        sentence = self._explained(probe.failure, target, tokens) if probe.failure else _misunderstood(report, target)
        return _diagnosis(Subject.SERVICE, section, State.FAILED, sentence, began)

    async def _model(self, name: str, deployment: ChatDeployment, tokens: TokenProvider, bad: set[str]) -> Diagnosis:
        target = deployment.target
        if waiting := self._waiting(Subject.MODEL, name, target, bad):
            return waiting
        began = time.perf_counter()
        body: Mapping[str, Any] = {"messages": [{"role": "user", "content": HARMLESS_PROMPT}]}
        try:
            await deployment.complete(body, Deadline.after(_PATIENCE_S), f"doctor-{uuid.uuid4()}")
        except UpstreamError as error:
            reply = RawReply(error.status, error.headers, error.body)
            return _diagnosis(Subject.MODEL, name, State.FAILED, self._explained(reply, target, tokens), began)
        except UpstreamUnreachable as error:
            cause = error.__cause__
            sentence = self._explained(cause, target, tokens) if isinstance(cause, ServiceError) else f"{error.detail}."
            return _diagnosis(Subject.MODEL, name, State.FAILED, sentence, began)
        return _diagnosis(Subject.MODEL, name, State.OK, f"{target.endpoint} completes a chat.", began)

    @cached_property
    def _lists(self) -> Mapping[str, str]:
        """The blocklists that policies match, with the names of those policies."""
        return {listed: ", ".join(names) for listed, names in lists_of(self._policies).items()}

    async def _list(
        self, name: str, tokens: TokenProvider, session: aiohttp.ClientSession, bad: set[str]
    ) -> Diagnosis | None:
        target = self._targets.get(CONTENT_SAFETY.name)
        if target is None:
            return None
        if waiting := self._waiting(Subject.BLOCKLIST, name, target, bad):
            return waiting
        began = time.perf_counter()
        try:
            async with open_blocklists(target, tokens, session) as blocklists:
                found = await blocklists.get(name)
        except ServiceError as error:
            return _diagnosis(Subject.BLOCKLIST, name, State.FAILED, self._explained(error, target, tokens), began)
        if found is not None:
            return _diagnosis(Subject.BLOCKLIST, name, State.OK, f"{target.endpoint} has it.", began)
        sentence = (
            f"{target.endpoint} has no such list, and policy {self._lists[name]} matches it: the check would fail on "
            "every text. Make the list (guardrails blocklist push), or take it out of the policy."
        )
        return _diagnosis(Subject.BLOCKLIST, name, State.FAILED, sentence, began)

    def _waiting(self, subject: Subject, name: str, target: Target, bad: set[str]) -> Diagnosis | None:
        opener = self._opener_name(target)
        if opener not in bad:
            return None
        return Diagnosis(subject, name, State.SKIPPED, f"Not asked: credential {opener} comes first.")

    def _absent(self, kind: CheckKind) -> Diagnosis | None:
        policies = ", ".join(sorted(name for name, policy in self._policies.items() if kind.spec.name in policy.checks))
        if not policies:
            return None
        sentence = (
            f"services.{kind.spec.service} is not configured, but policy {policies} names the check {kind.spec.name}. "
            "Add the service to the settings, or take the check out of the policy."
        )
        return Diagnosis(Subject.SERVICE, kind.spec.service, State.FAILED, sentence)

    def _explained(self, failure: ServiceError | RawReply, target: Target, tokens: TokenProvider) -> str:
        client_id = client_id_of(self._settings, target, self._secrets)
        sentence = explain(failure, target, client_id=client_id, with_key=tokens.uses_key(target))
        return sentence.removeprefix(f"{target.name}: ")


def _named(upstream: Upstream, deployment: ChatDeployment) -> str:
    """A model's name, with the deployment where there are several."""
    return upstream.name if len(upstream.deployments) == 1 else f"{upstream.name} ({deployment.label})"


async def _all(questions: Iterable[Awaitable[Diagnosis | None]], told: Told) -> list[Diagnosis]:
    """Ask all at once; answers come back in the order of the questions, without those that had no meaning."""

    async def ask(question: Awaitable[Diagnosis | None]) -> Diagnosis | None:
        diagnosis = await question
        if diagnosis is not None:
            told(diagnosis)
        return diagnosis

    answers = await asyncio.gather(*(ask(question) for question in questions))
    return [answer for answer in answers if answer is not None]


def _misunderstood(report: CheckReport, target: Target) -> str:
    reason = report.reason.value if report.reason is not None else report.status.value
    return (
        f"It answers, but not as its api-version documents ({reason}). Check that {target.endpoint} is of "
        "the right kind of resource, and the api_version."
    )


def _diagnosis(subject: Subject, name: str, state: State, sentence: str, began: float) -> Diagnosis:
    return Diagnosis(subject, name, state, sentence, round((time.perf_counter() - began) * 1000, 1))
