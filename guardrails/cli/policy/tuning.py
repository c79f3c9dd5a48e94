"""A tuning run put together: settings, policy, data, services or emulator, evidence and report."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from rich.progress import TextColumn, TimeRemainingColumn

from guardrails.azure.client import AzureClient
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.tokens import TokenProvider
from guardrails.checks.catalogue import SPECS, build_checks, configured
from guardrails.cli.progress_bar import progress_bar
from guardrails.cli.surroundings import Surroundings
from guardrails.domain.content import Origin, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.lab.tuning import asking
from guardrails.lab.tuning.advice import Wanted, advise
from guardrails.lab.tuning.asking import Asker, CannotAsk
from guardrails.lab.tuning.document import Run, changes, document, is_worth_telling
from guardrails.lab.tuning.evidence import EvidenceFile, Instrument
from guardrails.lab.tuning.layouts.catalogue import BY_NAME
from guardrails.lab.tuning.layouts.record import Columns, Reading
from guardrails.lab.tuning.pace import Pace, PacedClient
from guardrails.lab.tuning.questions import Estimate, Questionnaire
from guardrails.lab.tuning.reading import Notes, Source
from guardrails.lab.tuning.report import pictures, write
from guardrails.lab.tuning.scores import score
from guardrails.lab.tuning.subjects import subjects
from guardrails.lab.tuning.traffic import count
from guardrails.lab.tuning.vocabulary import Vocabulary
from guardrails.policy.bundle import load_bundle
from guardrails.policy.compile import compile_policy
from guardrails.policy.near import hint
from guardrails.policy.policy import Policy
from guardrails.settings.load import load
from guardrails.settings.schema import Settings

EVIDENCE: Final = "evidence.jsonl"
_EMULATED: Final = "emulator"
_DEFAULT: Final = "default"
_CLOSING_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line asks for; `guardrails policy tune --help` says what each means."""

    config: Path
    policy: str | None
    files: Sequence[Path]
    out: Path
    layout: str
    about: Sequence[str]
    columns: Columns
    meanings: Sequence[str]
    stage: str
    origin: str | None
    limit: int | None
    want_precision: float | None
    want_recall: float | None
    decisions: Sequence[Path]
    emulator: bool
    rate: float


class Tuning:
    """One run: `estimate`, then `run`. Entering it reads settings and policy and opens the evidence.

    An emulator that is asked for lives on the event loop of its surroundings. Between two uses of the loop nothing
    needs to be answered.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._around = Surroundings(order.config, emulator=order.emulator, limited=False)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Read what there is to read.

        Raises:
            SettingsError: the settings do not hold.
            ConfigurationError: the policy or an option does not, or the output folder cannot be used.
        """
        with self._stack:
            self._stack.enter_context(self._around)
            self._open(load(self._order.config, self._around.env))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, settings: Settings) -> None:
        order = self._order
        self._settings = settings
        self._policy = _policy(order, settings)
        self._source = Source(order.files, _reading(order, self._policy), BY_NAME.get(order.layout), order.limit)
        self._instruments = _instruments(settings, self._policy, emulated=order.emulator)
        try:
            order.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError([f"{order.out}: cannot be made: {error.strerror}"]) from None
        self._evidence = self._stack.enter_context(EvidenceFile(order.out / EVIDENCE))
        self._questions = Questionnaire(self._policy, self._instruments, self._evidence)

    def estimate(self) -> Estimate:
        """Read all data once, and tell what asking about it will cost.

        Raises:
            ConfigurationError: a file or row does not hold; up to twenty problems at once.
        """
        self._notes = Notes()
        self._estimate = self._questions.estimate(self._source.samples(self._notes))
        if not self._estimate.samples:
            raise ConfigurationError([f"{', '.join(map(str, self._order.files))}: no row that can be used"])
        return self._estimate

    def run(self, *, quiet: bool) -> Mapping[str, Any]:
        """Ask what is missing, write the report, and return it as data.

        Raises:
            ConfigurationError: a service cannot be asked, or a file cannot be written. What was learned is kept.
        """
        pace = Pace(self._order.rate)
        kept = self._order.out / EVIDENCE
        try:
            progress = self._around.run(self._ask(pace, quiet=quiet)) if self._estimate.texts else asking.Progress()
        except CannotAsk as trouble:
            why = f"{trouble.check} cannot be asked ({trouble.reason.value}): guardrails doctor says why"
            raise ConfigurationError(
                [f"{why}. What was answered is kept in {kept}; the same command goes on from there"]
            ) from None
        except OSError as error:
            raise ConfigurationError([f"{kept}: cannot be written: {error.strerror or type(error).__name__}"]) from None
        return self._report(pace, progress)

    async def _ask(self, pace: Pace, *, quiet: bool) -> asking.Progress:
        settings = self._settings
        async with AsyncExitStack() as stack:
            # Last of all: TLS connections that were given up while they opened are closed by the loop's next rounds.
            stack.push_async_callback(asyncio.sleep, _CLOSING_S)
            sessions = await stack.enter_async_context(open_sessions(settings.azure))
            tokens = TokenProvider(settings, SecretReader(self._around.env), sessions.checks)
            stack.push_async_callback(tokens.close)
            # It keeps the pace itself: a client that tried again by itself would not let the others rest.
            client = PacedClient(AzureClient(sessions.checks, tokens, max_retries=0), pace)
            checks = build_checks(settings.services, settings.azure, client)
            counts = TextColumn("texts, {task.fields[calls]} calls, {task.fields[throttled]} times 429")
            bar = stack.enter_context(progress_bar(counts, TimeRemainingColumn(), quiet=quiet, transient=False))
            task = bar.add_task("asking", total=self._estimate.texts, calls=0, throttled=0)

            def told(progress: asking.Progress) -> None:
                bar.update(task, completed=progress.texts, calls=pace.calls, throttled=pace.throttled)

            asker = Asker(self._policy, checks, self._evidence, self._instruments, told)
            return await asker.ask(self._questions.questions(self._source.samples(Notes())))

    def _report(self, pace: Pace, progress: asking.Progress) -> Mapping[str, Any]:
        order = self._order
        wanted = Wanted(order.want_precision, order.want_recall)
        results = score(self._source.samples(Notes()), subjects(self._policy, SPECS), self._questions, self._evidence)
        advised = [(result, advise(result, wanted)) for result in results if is_worth_telling(result)]
        not_seen = [result.subject.name for result in results if not is_worth_telling(result)]
        traffic = None
        if order.decisions:
            traffic = count(order.decisions, self._policy, [result.subject for result, _ in advised], changes(advised))
        run = Run(
            policy=self._policy,
            files=[path.name for path in order.files],
            emulated=order.emulator,
            moment=datetime.now(UTC),
            wanted=wanted,
            notes=self._notes,
            estimate=self._estimate,
            calls=pace.calls,
            throttled=pace.throttled,
            failed=progress.failed,
        )
        told = document(run, advised, traffic, not_seen)
        try:
            write(order.out, told, pictures(advised))
        except OSError as error:
            raise ConfigurationError([f"{order.out}: the report cannot be written: {error.strerror}"]) from None
        return told


def _policy(order: Order, settings: Settings) -> Policy:
    """The policy that is asked for: a file, or one of the settings' bundle."""
    name = order.policy or _DEFAULT
    if name.endswith((".yaml", ".yml")):
        try:
            return compile_policy(Path(name).read_text(encoding="utf-8"), name, SPECS)
        except OSError as error:
            raise ConfigurationError([f"{name}: cannot be read: {error.strerror}"]) from None
        except UnicodeDecodeError:
            raise ConfigurationError([f"{name}: is not UTF-8 text"]) from None
    policies = load_bundle(settings.policies, SPECS).policies
    if name not in policies:
        raise ConfigurationError(
            [f"--policy {name}: there is no such policy in {settings.policies}{hint(name, policies)}"]
        )
    return policies[name]


def _reading(order: Order, policy: Policy) -> Reading:
    unknown = [name for name in order.about if name not in policy.checks]
    if unknown:
        raise ConfigurationError(
            [f"--about {name}: the policy has no such check{hint(name, policy.checks)}" for name in unknown]
        )
    return Reading(
        vocabulary=Vocabulary(order.meanings),
        checks=frozenset(policy.checks),
        about=frozenset(order.about),
        columns=order.columns,
        stage=Stage(order.stage),
        origin=None if order.origin is None else Origin(order.origin),
    )


def _instruments(settings: Settings, policy: Policy, *, emulated: bool) -> Mapping[str, Instrument]:
    """What each check measures with. The emulator's port changes with every run; its answers do not."""
    made = {
        kind.spec.name: Instrument(_EMULATED if emulated else section.endpoint, section.api_version or kind.api_version)
        for kind, section in configured(settings.services).items()
    }
    missing = [name for name in policy.checks if name not in made]
    if missing:
        raise ConfigurationError(
            [f"services.{SPECS[name].service}: is missing; policy {policy.ref.name!r} uses {name}" for name in missing]
        )
    return made
