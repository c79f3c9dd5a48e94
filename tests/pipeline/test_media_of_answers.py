"""What of an answer no check reads is withheld, noted or passed, as the policy says; an answer is never lost for it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from pictures import data_url, image_part, picture

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import MEDIA, Kind, Origin, Stage
from guardrails.domain.errors import UpstreamUnreachable
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.pipeline.forwarding import FilterNotices
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.pipeline.guarded_chat import GuardedChat
from guardrails.policy.policy import CheckPlan, Policy, Rule
from guardrails.telemetry.audit import OFF, DecisionLog
from guardrails.telemetry.metrics import Metrics
from guardrails.upstreams.upstream import Completion

ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
WRITTEN = {"index": 1, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}
SPOKEN = {
    "index": 0,
    "finish_reason": "stop",
    "message": {"role": "assistant", "content": None, "audio": {"id": "a", "data": "UklG", "transcript": "hello"}},
}
SHOWN = SPOKEN | {"message": {"role": "assistant", "content": [image_part(data_url(picture()))]}}


class Finds:
    """Reads what it is given and finds one thing in each image."""

    name = "content_safety"

    async def inspect(self, inspection, options, deadline):
        images = [segment.pointer for segment in inspection.segments if segment.kind is Kind.IMAGE]
        return CheckReport(self.name, CheckStatus.COMPLETED, tuple(Finding("Hate", 6, at) for at in images), calls=1)


class Model:
    name = "m"
    timeout_s = 5.0
    deployments = ()

    def __init__(self, *choices: Mapping[str, object]) -> None:
        self.choices = choices

    async def complete(self, body, deadline, request_id):
        return Completion(200, {}, {"id": "c", "choices": list(self.choices)}, "west/m")


PLAN = CheckPlan("content_safety", frozenset(Origin), Action.BLOCK, None, frozenset({Kind.TEXT, Kind.IMAGE}))
HARM = Rule("harm", frozenset(Stage), "content_safety", None, 4, Action.BLOCK, None)
POLICY = Policy(
    PolicyRef("p", "sha256:0"), "", Mode.ENFORCE, 5.0, {"content_safety": PLAN}, (HARM,), "Stopped by policy."
)


async def told(policy, *choices):
    metrics = Metrics()
    guard = Guard({"content_safety": Finds()}, metrics, DecisionLog(OFF))
    chat = GuardedChat(guard, {"m": Model(*choices)}, FilterNotices(guard, metrics))
    return await chat.complete(ASKED, "m", policy, "app", Exchange("chk_1", "req_1", "/guarded-chat", "m"))


def allowing(action, mode=Mode.ENFORCE):
    return replace(POLICY, media=dict.fromkeys(MEDIA, action), mode=mode)


async def test_the_choice_with_audio_is_withheld_and_the_other_passes():
    answer = await told(POLICY, SPOKEN, WRITTEN)
    withheld, kept = answer.body["choices"]
    assert kept == WRITTEN
    assert (withheld["finish_reason"], withheld["message"]["refusal"]) == ("content_filter", "Stopped by policy.")
    assert "audio" not in withheld["message"]
    assert withheld["content_filter_results"]["media"] == {"filtered": True, "detected": True, "categories": ["audio"]}
    assert answer.verdict.blocked


@pytest.mark.parametrize("action", [Action.FLAG, Action.ALLOW])
async def test_what_the_policy_lets_pass_passes_whole(action):
    odd = {"index": 1, "message": {"role": "assistant", "content": [{"type": "hologram", "beam": "x"}, 5]}}
    answer = await told(allowing(action), SPOKEN, odd)
    assert answer.body["choices"] == [SPOKEN, odd]
    assert answer.verdict.action is action


async def test_a_monitoring_policy_withholds_nothing():
    answer = await told(allowing(Action.BLOCK, Mode.MONITOR), SPOKEN)
    assert answer.body["choices"] == [SPOKEN]
    assert answer.verdict.action is Action.BLOCK


async def test_a_harmful_image_of_an_answer_is_withheld_as_harm():
    answer = await told(POLICY, SHOWN, WRITTEN)
    withheld, kept = answer.body["choices"]
    assert kept == WRITTEN
    assert withheld["content_filter_results"]["hate"] == {"filtered": True, "severity": "high"}


async def test_an_image_of_an_answer_that_nobody_can_read_is_no_answer():
    broken = SHOWN | {"message": {"content": [image_part(data_url(b"hello"))]}}
    with pytest.raises(UpstreamUnreachable, match=r"cannot be judged: choices\[0\]"):
        await told(allowing(Action.ALLOW), broken)
