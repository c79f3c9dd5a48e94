"""Actions are ordered, and only an enforcing block blocks."""

import pytest

from guardrails.domain.content import Edit, Span
from guardrails.domain.verdict import Action, Mode, PolicyRef, Verdict


def test_actions_are_strictly_ordered_and_spelt_as_in_files():
    assert [action.word for action in sorted(Action)] == ["allow", "flag", "redact", "block"]


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("mode", Mode)
def test_only_an_enforcing_block_blocks(action, mode):
    verdict = Verdict(action, PolicyRef("p", "sha256:0"), mode)
    assert verdict.blocked is (action is Action.BLOCK and mode is Mode.ENFORCE)


def test_a_verdict_shows_its_policy_and_no_replacement():
    ref = PolicyRef("default", "sha256:ab")
    assert str(ref) == "default@sha256:ab"
    verdict = Verdict(Action.REDACT, ref, Mode.ENFORCE, edits=(Edit("/a", Span(0, 1), "secret"),))
    assert "secret" not in repr(verdict)
