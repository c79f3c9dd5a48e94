"""A check of the tests' own whose judgement follows from the text alone, and the policies and guards around it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.pipeline.verdict_cache import VerdictCache
from guardrails.policy.policy import ChatPlan, CheckPlan, History, OldTurns, Policy, Rule
from guardrails.store.memory import MemoryStore
from guardrails.telemetry.audit import OFF, DecisionLog
from guardrails.telemetry.metrics import Metrics

KEY = b"a key of the tests, 32 bytes long"
EXCHANGE = Exchange("chk_1", "req_1", "/check")


class Options(BaseModel):
    model_config = ConfigDict(frozen=True)

    level: str = "four"
    model_version: str | None = None


class Plain:
    """Options that do not tell all of what they are."""


@dataclass
class Seer:
    """Sees `bad` as Attack, `@` as Email with a span; `half` is not read to its end, `broken` fails the report."""

    name: str = "seer"
    asked: list[str] = field(default_factory=list)
    error: BaseException | None = None

    async def inspect(self, inspection: Inspection, options: Any, deadline: Any) -> CheckReport:
        texts = dict.fromkeys(segment.text for segment in inspection.segments)
        self.asked += texts
        if self.error is not None:
            raise self.error
        failed = any("broken" in text for text in texts)
        return CheckReport(
            self.name,
            CheckStatus.FAILED if failed else CheckStatus.COMPLETED,
            tuple(finding for segment in inspection.segments for finding in _seen(segment)),
            FailureReason.THROTTLED if failed else None,
            calls=len(texts),
            unread={one.pointer: "warning" for one in inspection.segments if "half" in one.text},
        )

    @property
    def times(self) -> Counter[str]:
        return Counter(self.asked)


def _seen(segment: Segment) -> list[Finding]:
    found = [Finding("Attack", None, segment.pointer)] if "bad" in segment.text else []
    spans = (Span(*match.span()) for match in re.finditer("@", segment.text))
    return found + [Finding("Email", 0.9, segment.pointer, span, "kind") for span in spans]


def policy(history: History = History.NEW, **changes: Any) -> Policy:
    name = changes.pop("name", "seer")
    plan = CheckPlan(
        name,
        frozenset(Origin),
        changes.pop("on_failure", Action.BLOCK),
        changes.pop("options", Options()),
        changes.pop("reads", frozenset({Kind.TEXT, Kind.TURNS, Kind.IMAGE})),
    )
    everywhere = frozenset(Stage)
    rules = (
        Rule("attack", everywhere, name, frozenset({"Attack"}), None, Action.BLOCK, None),
        Rule("mail", everywhere, name, frozenset({"Email"}), 0.5, Action.REDACT, "label"),
    )
    old_turns = changes.pop("old_turns", OldTurns.BLOCK)
    mode = changes.pop("mode", Mode.ENFORCE)
    ref = PolicyRef("p", "sha256:0")
    chat = ChatPlan(old_turns=old_turns)
    return Policy(ref, "", mode, 5.0, {name: plan}, rules, "No.", history=history, chat=chat, **changes)


def cache_of(store: Any = None, *, metrics: Metrics | None = None, **changes: Any) -> VerdictCache:
    told = {"key": KEY, "judges": {"seer": "https://contoso 2024"}, "ttl_s": 3600, **changes}
    return VerdictCache(store or MemoryStore(10**7), counter=metrics or Metrics(), **told)


def guard_of(check: Any, cache: VerdictCache | None = None) -> Guard:
    return Guard({check.name: check}, Metrics(), DecisionLog(OFF), cache=cache)


def inspection(*texts: str, caller: str = "app", language: str | None = None, **changes: Any) -> Inspection:
    more = {"origin": Origin.USER, **changes}
    segments = tuple(Segment(text, pointer=f"/messages/{place}/content", **more) for place, text in enumerate(texts))
    return Inspection(Stage.INPUT, caller, segments, language)
