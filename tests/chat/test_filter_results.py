"""Our verdicts in Azure's words."""

import pytest

from guardrails.chat.filter_results import blocked_completion, prompt_results, refusal_body, severity_word
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Mode, PolicyRef, Reason, Verdict

SENTENCE = "This request was stopped by company policy."


def verdict(*reasons, mode=Mode.ENFORCE):
    action = max((reason.action for reason in reasons), default=Action.ALLOW)
    return Verdict(action, PolicyRef("p", "sha256:0"), mode, reasons)


def reason(category, action=Action.BLOCK, measure=None, check="pii", pointer="/messages/0/content", detail=None):
    return Reason("r", action, check, category, measure, None, pointer, None, detail)


@pytest.mark.parametrize(
    ("measure", "word"),
    [(0, "safe"), (1, "safe"), (2, "low"), (3, "low"), (4, "medium"), (5, "medium"), (6, "high"), (7, "high"),
     (9, "high"), (None, "high"), (float("nan"), "high"), (-1, "safe")],
)  # fmt: skip
def test_eight_levels_are_four_words(measure, word):
    assert severity_word(measure) == word


def test_a_refused_prompt_has_the_shape_apps_already_catch():
    body = refusal_body(verdict(reason("UserPromptAttack", check="prompt_shield")), SENTENCE)
    error = body["error"]
    assert SENTENCE in error["message"]
    assert (error["code"], error["param"], error["type"], error["status"]) == ("content_filter", "prompt", None, 400)
    inner = error["innererror"]
    assert inner["code"] == "ResponsibleAIPolicyViolation"
    assert inner["content_filter_result"] == inner["content_filter_results"]
    assert inner["content_filter_result"] == {
        "hate": {"filtered": False, "severity": "safe"},
        "self_harm": {"filtered": False, "severity": "safe"},
        "sexual": {"filtered": False, "severity": "safe"},
        "violence": {"filtered": False, "severity": "safe"},
        "jailbreak": {"filtered": True, "detected": True},
        "indirect_attack": {"filtered": False, "detected": False},
    }


def test_every_leaf_is_an_object_and_tells_the_strongest_it_saw():
    results = prompt_results(
        verdict(
            reason("Hate", Action.FLAG, 2),
            reason("Hate", Action.BLOCK, 6),
            reason("SelfHarm", Action.FLAG, 4),
            reason("DocumentAttack", check="prompt_shield"),
            reason("blocklist", detail="terms"),
            reason("blocklist", Action.FLAG, detail="terms"),
            reason("blocklist", Action.FLAG, detail="names"),
            reason("Email", Action.REDACT, 0.9),
            reason("Address", Action.REDACT, 0.9),
            Reason(ON_FAILURE_RULE, Action.BLOCK, "pii", detail="token"),
        )
    )
    assert results["hate"] == {"filtered": True, "severity": "high"}
    assert results["self_harm"] == {"filtered": False, "severity": "medium"}
    assert results["indirect_attack"] == {"filtered": True, "detected": True}
    assert results["custom_blocklists"] == {
        "filtered": True,
        "details": [{"filtered": True, "id": "terms"}, {"filtered": False, "id": "names"}],
    }
    assert results["pii"] == {"filtered": False, "detected": True, "categories": ["Address", "Email"]}
    assert all(isinstance(leaf, dict) for leaf in results.values())


def test_a_monitoring_policy_filters_nothing():
    results = prompt_results(verdict(reason("Hate", Action.BLOCK, 6), mode=Mode.MONITOR))
    assert results["hate"] == {"filtered": False, "severity": "high"}


def completion():
    def choice(index):
        return {
            "index": index,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": f"secret {index}", "tool_calls": [{"id": "c"}]},
            "logprobs": {"content": [{"token": "secret"}]},
        }

    return {
        "id": "x", "object": "chat.completion", "created": 1, "model": "m", "usage": {"total_tokens": 3},
        "prompt_filter_results": [], "choices": [choice(0), choice(1)], "citations": ["secret"],
    }  # fmt: skip


def at(index):
    return f"/choices/{index}/message/content"


def test_a_blocked_choice_loses_everything_and_the_other_is_untouched():
    original = completion()
    body = blocked_completion(original, verdict(reason("Hate", measure=6, pointer=at(1))), SENTENCE)
    assert body["choices"][0] is original["choices"][0]
    withheld = body["choices"][1]
    assert withheld["message"] == {"role": "assistant", "content": None, "refusal": SENTENCE}
    assert (withheld["index"], withheld["finish_reason"], withheld["logprobs"]) == (1, "content_filter", None)
    assert withheld["content_filter_results"]["hate"] == {"filtered": True, "severity": "high"}
    assert (body["id"], body["usage"], body["prompt_filter_results"]) == ("x", {"total_tokens": 3}, [])
    assert "citations" not in body
    assert original == completion()


@pytest.mark.parametrize(
    "reasons",
    [
        (reason("Hate", pointer=at(0)), reason("Email", Action.REDACT, pointer=at(1))),
        (Reason(ON_FAILURE_RULE, Action.BLOCK, "pii", detail="token"),),
        (reason("Hate", pointer="/citations"),),
        (),
    ],
)
def test_nothing_that_an_edit_or_a_check_should_have_covered_slips_out_beside_a_block(reasons):
    body = blocked_completion(completion(), verdict(*reasons))
    assert "secret" not in str(body)
    assert [choice["finish_reason"] for choice in body["choices"]] == ["content_filter"] * 2


def test_a_flag_alone_withholds_no_other_choice():
    reasons = (reason("Hate", pointer=at(0)), reason("Hate", Action.FLAG, 2, pointer=at(1)))
    body = blocked_completion(completion(), verdict(*reasons))
    assert [choice["finish_reason"] for choice in body["choices"]] == ["content_filter", "stop"]
