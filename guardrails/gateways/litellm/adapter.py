"""LiteLLM's generic guardrail (`guardrail: generic_guardrail_api`), before the model and after it.

The answer must be HTTP 200. Only the word `BLOCKED` blocks; every other status is an error to LiteLLM, which its
settings may let pass. Texts come back all or not at all, in their order: fewer leave the rest as it was.
"""

from typing import Any, Final

from guardrails.domain.content import Stage
from guardrails.domain.errors import InvalidRequest
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Unjudged
from guardrails.gateways.litellm.answer import Answer
from guardrails.gateways.litellm.call import only_blocks, policy_of, subject_of
from guardrails.gateways.litellm.request import Request

_STAGES: Final = {"request": Stage.INPUT, "response": Stage.OUTPUT}


class LiteLLM:
    """The adapter. One door serves both directions; LiteLLM appends the second path to the first by itself."""

    name = "litellm"
    doors = (("POST", "/gateways/litellm"), ("POST", "/gateways/litellm/beta/litellm_basic_guardrail_api"))
    reads_bytes = False

    def parse(self, call: Call) -> Submission:
        """Read the texts with the roles of the messages they stand in, and everything else that is told."""
        body = call.body
        word = body.get("input_type")
        stage = _STAGES.get(word) if isinstance(word, str) else None
        if stage is None:
            raise InvalidRequest("must be request or response", field="input_type")
        told = Request.of(body) if stage is Stage.INPUT else Answer.of(body)
        return Submission(
            stage,
            told.content,
            told.read,
            policy=policy_of(body),
            subject=subject_of(body),
            editable=not only_blocks(body),
            parsed=told,
        )

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:  # noqa: ARG002 - what was parsed says all
        """`NONE`, `BLOCKED` with the sentence for the user, or every text as it shall be."""
        if judged.blocked:
            return _blocked(judged.told)
        told: Request | Answer = submission.parsed
        if isinstance(told, Answer):
            return Reply(told.reply(judged.verdict))
        if judged.edited is None:
            return Reply({"action": "NONE"})
        return Reply({"action": "GUARDRAIL_INTERVENED", **told.reply(judged.edited, judged.verdict.edits)})

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:  # noqa: ARG002 - the dialect needs no more
        """A block with the reason."""
        return _blocked(unjudged.message)


def _blocked(reason: str) -> Reply:
    told: dict[str, Any] = {"action": "BLOCKED", "blocked_reason": reason}
    return Reply(told)
