"""The merged tree of a policy -> a Policy, or everything that is wrong with it at once, each in its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import MEDIA, Kind, Stage
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.document import MediaSection, PolicyDocument, RuleSection, TestSection
from guardrails.policy.firing import Parts, firing_problems
from guardrails.policy.notices import notices
from guardrails.policy.places import Places
from guardrails.policy.plans import check_problems, plan
from guardrails.policy.policy import ChatPlan, GatewayPlan, History, Policy, Rule, StartModel, StreamPlan
from guardrails.policy.positions import Problem, Tree
from guardrails.policy.redaction import DEFAULT_REPLACEMENT
from guardrails.policy.rules import rule_problems
from guardrails.policy.sentences import problems_of
from guardrails.policy.suite_problems import suite_problems

EVERY_CATEGORY = "*"
_NO_TEXT: Final = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a tree: a policy where nothing is wrong, its tests, the names of its shadows."""

    policy: Policy | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    tests: tuple[TestSection, ...] = field(default=(), repr=False)
    shadow: tuple[str, ...] = ()


def assemble(tree: Tree, specs: Mapping[str, CheckSpec], apis: Mapping[str, str], revision: str) -> Made:
    """Make a policy of its tree.

    Args:
        tree: All of the policy, merged with what it extends.
        specs: The checks that exist, by name.
        apis: The api-version that answers for each check, where it is known.
        revision: What its verdicts are to name.
    """
    if not isinstance(tree.value, dict):
        return Made(None, (tree.problem((), "must be a mapping that begins with `version: 1`"),))
    document, problems = _document(tree)
    problems += check_problems(tree, specs)
    problems += rule_problems(tree, specs)
    problems += _trusting_nothing(tree)
    parts = _parts(tree, specs, problems)
    problems += suite_problems(tree, specs, parts)
    misfits, doubts = _misfits(tree, specs, apis, parts)
    problems += (*misfits, *firing_problems(tree, specs, parts))
    # Of what is wrong anyway nobody needs to hear what else is odd about it.
    wrong = {problem.path[:2] for problem in problems}
    warnings = tuple(one for one in (*doubts, *notices(tree, specs, parts)) if one.path[:2] not in wrong)
    if problems or document is None or tree.problems:
        return Made(None, tuple(problems), warnings)
    policy = _policy(document, revision, specs, Places(tree))
    return Made(policy, (), warnings, tuple(document.tests), tuple(document.shadow))


def _parts(tree: Tree, specs: Mapping[str, CheckSpec], problems: list[Problem]) -> Parts:
    """The checks and rules in which nothing was found wrong, whatever is wrong with the rest."""
    broken = {problem.path[:2] for problem in problems}
    checks, rules = tree.value.get("checks"), tree.value.get("rules")
    history = History.LAST_TURN if tree.value.get("history") == "last_turn" else History.ALL
    plans = {
        name: plan(specs[name], raw or {}, history)
        for name, raw in (checks.items() if isinstance(checks, dict) else ())
        if ("checks", name) not in broken and name in specs
    }
    made = {
        index: _rule(RuleSection.model_validate(raw))
        for index, raw in enumerate(rules if isinstance(rules, list) else ())
        if ("rules", index) not in broken and isinstance(raw, dict)
    }
    return Parts(plans, made)


def _misfits(
    tree: Tree, specs: Mapping[str, CheckSpec], apis: Mapping[str, str], parts: Parts
) -> tuple[list[Problem], list[Problem]]:
    fatal: list[Problem] = []
    doubts: list[Problem] = []
    for name, planned in parts.plans.items():
        asks = specs[name].misfits
        for misfit in asks(planned.options, apis[name]) if asks is not None and name in apis else ():
            problem = tree.problem(("checks", name, *misfit.path), misfit.sentence)
            (fatal if misfit.fails else doubts).append(problem)
    return fatal, doubts


def _trusting_nothing(tree: Tree) -> Iterator[Problem]:
    trusted = tree.value.get("trusted")
    for index, digest in enumerate(trusted if isinstance(trusted, list) else ()):
        if digest == _NO_TEXT:
            yield tree.problem(("trusted", index), "is the digest of no text at all: the command that made it got none")


def _document(tree: Tree) -> tuple[PolicyDocument | None, list[Problem]]:
    try:
        return PolicyDocument.model_validate(tree.value), []
    except ValidationError as error:
        return None, list(problems_of(error, tree))


def _policy(document: PolicyDocument, revision: str, specs: Mapping[str, CheckSpec], places: Places) -> Policy:
    return Policy(
        ref=PolicyRef(document.policy, revision),
        description=document.description,
        mode=Mode(document.mode),
        deadline_s=document.deadline_ms / 1000,
        checks=MappingProxyType(
            {
                name: replace(plan(specs[name], raw, document.history), source=places.of_check(name))
                for name, raw in document.checks.items()
            }
        ),
        rules=tuple(
            replace(_rule(section), source=places.of_rule(index)) for index, section in enumerate(document.rules)
        ),
        refusal=document.chat.refusal,
        history=document.history,
        trusted=frozenset(digest.removeprefix("sha256:") for digest in document.trusted),
        media=_media(document.media),
        banned=frozenset({Kind.IMAGE}) if document.media.image == "block" else frozenset(),
        chat=_chat(document),
        gateways=GatewayPlan(document.gateways.on_outage),
        media_sources=places.of_media(),
    )


def _media(section: MediaSection) -> Mapping[Kind, Action]:
    said = {kind: str(getattr(section, kind.value)) for kind in sorted(MEDIA)}
    # An image that is to be checked and that no check can read must not pass for one that was.
    return MappingProxyType(
        {kind: Action.BLOCK if word == "check" else Action[word.upper()] for kind, word in said.items()}
    )


def _chat(document: PolicyDocument) -> ChatPlan:
    section, stream = document.chat, document.chat.stream
    hides = any(rule.action == "redact" and Stage.INPUT in (rule.stage or Stage) for rule in document.rules)
    return ChatPlan(
        # What is to be hidden from the model must not be sent to it before the checks have found it.
        start_model=StartModel.AFTER_CHECKS if hides else section.start_model,
        stream=StreamPlan(stream.release, stream.window, stream.overlap, stream.wait_ms / 1000),
        old_turns=section.old_turns,
    )


def _rule(section: RuleSection) -> Rule:
    action = Action[section.action.upper()]
    anything = section.category is None or EVERY_CATEGORY in section.category
    return Rule(
        id=section.id,
        stages=frozenset(Stage) if section.stage is None else frozenset(section.stage),
        check=section.check,
        categories=None if anything else frozenset(section.category or ()),
        at_least=section.at_least,
        action=action,
        replacement=(section.with_ or DEFAULT_REPLACEMENT) if action is Action.REDACT else None,
        restore=section.restore,
        origins=None if section.origin is None else frozenset(section.origin),
    )
