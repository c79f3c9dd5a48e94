"""Light work is done at once, heavy work beside the loop; both come to the same."""

import threading

import pytest

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.domain.finding import Finding
from guardrails.pipeline.aside import HEAVY, aside, weight


@pytest.mark.parametrize(("heaviness", "beside"), [(0, False), (HEAVY - 1, False), (HEAVY, True)])
async def test_only_heavy_work_leaves_the_loops_thread(heaviness, beside):
    thread = await aside(heaviness, threading.get_ident)
    assert (thread != threading.get_ident()) is beside


@pytest.mark.parametrize("heaviness", [0, HEAVY])
async def test_a_fault_in_the_work_is_the_callers(heaviness):
    with pytest.raises(ZeroDivisionError):
        await aside(heaviness, divmod, 1, 0)


def test_long_texts_many_texts_and_many_findings_are_heavy_and_a_chat_is_not():
    def inspection(count, text):
        return Inspection(Stage.INPUT, "c", tuple(Segment(text, Origin.USER, f"/messages/{n}") for n in range(count)))

    found = CheckReport("pii", CheckStatus.COMPLETED, (Finding("Email", 0.9, "/messages/0"),) * HEAVY)
    assert weight(inspection(20, "A question of ordinary length.")) < HEAVY
    assert weight(inspection(1, "x" * HEAVY)) >= HEAVY
    assert weight(inspection(10_000, "x")) >= HEAVY
    assert weight(inspection(1, "x"), (found,)) >= HEAVY
