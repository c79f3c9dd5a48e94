"""One policy file -> a Policy, or everything that is wrong with it at once, each in its place."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import MEDIA, Kind, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.document import MediaSection, PolicyDocument, RuleSection
from guardrails.policy.later import set_aside
from guardrails.policy.places import Places
from guardrails.policy.plans import check_problems, plan
from guardrails.policy.policy import ChatPlan, Policy, Rule, Source, StartModel, StreamPlan
from guardrails.policy.positions import Problem, Tree, read
from guardrails.policy.redaction import DEFAULT_REPLACEMENT
from guardrails.policy.rules import rule_problems
from guardrails.policy.sentences import problems_of

EVERY_CATEGORY = "*"


def compile_policy(text: str, file: str, specs: Mapping[str, CheckSpec]) -> Policy:
    """Compile the text of one policy file. Its revision is the SHA-256 of the text.

    Args:
        text: The file's text, YAML.
        file: Its name, as problems should tell it.
        specs: The checks that exist, by name.

    Raises:
        ConfigurationError: every problem at once, in the order of the file, each as `file:line:col: path: sentence`.
    """
    tree = read(text)
    problems = list(tree.problems)
    document: PolicyDocument | None = None
    if tree.value is None or not isinstance(tree.value, dict):
        problems += () if problems else (tree.problem((), "must be a mapping that begins with `version: 1`"),)
    else:
        problems += set_aside(tree)
        document, wrong = _document(tree)
        problems += wrong
        problems += check_problems(tree, specs)
        problems += rule_problems(tree, specs)
    if problems or document is None:
        raise ConfigurationError([problem.at(file) for problem in sorted(set(problems), key=_order)])
    return _policy(document, text, specs, Places(tree, file))


def _order(problem: Problem) -> tuple[Any, ...]:
    return problem.mark, tuple(map(str, problem.path)), problem.sentence


def _document(tree: Tree) -> tuple[PolicyDocument | None, list[Problem]]:
    try:
        return PolicyDocument.model_validate(tree.value), []
    except ValidationError as error:
        return None, list(problems_of(error, tree))


def _policy(document: PolicyDocument, text: str, specs: Mapping[str, CheckSpec], places: Places) -> Policy:
    revision = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
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
        rules=tuple(_rule(section, places.of_rule(index)) for index, section in enumerate(document.rules)),
        refusal=document.chat.refusal,
        history=document.history,
        trusted=frozenset(digest.removeprefix("sha256:") for digest in document.trusted),
        media=_media(document.media),
        banned=frozenset({Kind.IMAGE}) if document.media.image == "block" else frozenset(),
        chat=_chat(document),
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


def _rule(section: RuleSection, source: Source) -> Rule:
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
        source=source,
    )
