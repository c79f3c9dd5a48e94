"""One sentence for a verdict."""

import pytest

from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Mode, PolicyRef, Reason, Verdict
from guardrails.policy.words import message


def verdict(*reasons, mode=Mode.ENFORCE):
    action = max((reason.action for reason in reasons), default=Action.ALLOW)
    return Verdict(action, PolicyRef("p", "sha256:0"), mode, reasons)


def found(category, pointer="/messages/0/content", action=Action.REDACT, detail=None):
    return Reason("r", action, "pii", category, 0.9, None, pointer, None, detail)


FAILED = Reason(ON_FAILURE_RULE, Action.BLOCK, "pii", detail="throttled")


@pytest.mark.parametrize(
    ("reasons", "sentence"),
    [
        ((), "Allowed"),
        ((found("Email"),), "Redacted: Email in messages[0]"),
        ((found("Email"), found("Email")), "Redacted: Email in messages[0]"),
        (
            (found("Email"), found("Phone"), found("Email", "/messages/2/content/1/text")),
            "Redacted: Email, Phone in messages[0]; Email in messages[2].content[1]",
        ),
        ((found("Email"), found("Hate", action=Action.FLAG)), "Redacted: Email in messages[0]"),
        ((found("Hate", "/choices/1/message/content", Action.BLOCK),), "Blocked: Hate in choices[1]"),
        ((found("Email", "/documents/3"),), "Redacted: Email in documents[3]"),
        ((found("Email", "/text"),), "Redacted: Email in text"),
        (
            (found("Email", "/messages/1/tool_calls/0/function/arguments"),),
            "Redacted: Email in messages[1].tool_calls[0].function.arguments",
        ),
        ((found("Email", "/tools/0", Action.BLOCK),), "Blocked: Email in tools[0]"),
        ((found("blocklist", action=Action.BLOCK, detail="terms"),), "Blocked: blocklist terms in messages[0]"),
        ((found("Email", ""),), "Redacted: Email in the body"),
        ((FAILED,), "Blocked: pii could not run (throttled)"),
    ],
)
def test_a_sentence_tells_what_happened_and_where(reasons, sentence):
    assert message(verdict(*reasons)) == sentence


def test_monitor_says_what_would_have_happened():
    assert message(verdict(found("Email"), mode=Mode.MONITOR)) == "Would redact: Email in messages[0]"


def test_a_sentence_stays_short():
    many = [found(f"C{n}", f"/messages/{m}/content") for m in range(50) for n in range(50)]
    assert message(verdict(*many)).count(" in ") == 5
    assert "45 more" in message(verdict(*many))
    assert len(message(verdict(*many))) < 400
