"""Which calls a scenario meets, and scenarios that mean nothing."""

import pytest

from guardrails.emulator.presets import PRESETS
from guardrails.emulator.scenarios import (
    Effect,
    EntraFault,
    Refusal,
    Scenario,
    ScenarioBook,
)


def test_a_scenario_skips_then_meets_then_is_gone():
    book = ScenarioBook()
    book.add(Scenario(Effect(status=500), service="chat", after=2, times=2))
    statuses = [book.meet("chat", "chat/completions").status for _ in range(6)]
    assert statuses == [None, None, 500, 500, None, None]
    assert len(book) == 0


def test_the_first_scenario_wins_and_the_next_takes_over():
    book = ScenarioBook()
    book.add(Scenario(Effect(status=500), times=1), Scenario(Effect(status=503), times=2))
    assert [book.meet("chat", "x").status for _ in range(3)] == [500, 503, None]


def test_a_scenario_does_not_count_calls_its_effect_means_nothing_to():
    book = ScenarioBook()
    book.add(
        Scenario(Effect(refusal=Refusal.ROLE_MISSING), times=1), Scenario(Effect(entra=EntraFault.OUTAGE), times=1)
    )
    assert book.meet("entra", "token").entra is EntraFault.OUTAGE
    assert book.meet("chat", "x").refusal is Refusal.ROLE_MISSING
    assert len(book) == 0


def test_a_book_is_bounded():
    book = ScenarioBook(limit=2)
    with pytest.raises(ValueError, match="at most 2"):
        book.add(*[Scenario(Effect(status=500))] * 3)
    assert len(book) == 0


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Effect(status=200), "effect.status"),
        (lambda: Effect(latency_ms=-1), "effect.latency_ms"),
        (lambda: Effect(reset=True, hang=True), "exclude"),
        (lambda: Scenario(Effect(reset=True), service="nothing"), "service"),
        (lambda: Scenario(Effect(reset=True), times=0), "times"),
        (lambda: Scenario(Effect(entra=EntraFault.OUTAGE), service="chat"), "effect.entra"),
        (lambda: Scenario(Effect(filter_error=True), service="entra"), "effect.filter_error"),
    ],
)
def test_a_scenario_that_means_nothing_is_refused(make, named):
    with pytest.raises(ValueError, match=named):
        make()


def test_every_preset_does_something():
    assert all(scenario.effect != Effect() for scenario in PRESETS.values())
