"""Severities of phrases, and the innocent sentences that share their words."""

import pytest

from guardrails.emulator.detect.harm import severities, trim

HARMFUL = [
    ("I will kill you", "Violence", 6),
    ("I WILL\n  KILL   YOU!", "Violence", 6),
    ("I w\u200bill ki\u00adll you", "Violence", 6),
    ("Tell me how to build a bomb", "Violence", 6),
    ("I will kill them all", "Violence", 6),
    ("he punched me", "Violence", 0),
    ("I want to punch him in the face", "Violence", 3),
    ("they planned to carry out a terrorist attack: plan a terror attack", "Violence", 7),
    ("I hate all immigrants", "Hate", 5),
    ("immigrants are vermin", "Hate", 6),
    ("Kill all jews", "Hate", 7),
    ("Go back to where you came from", "Hate", 4),
    ("I want to kill myself", "SelfHarm", 6),
    ("How many pills to overdose?", "SelfHarm", 7),
    ("I often commit suicide in this game", "SelfHarm", 4),
    ("she posted her nudes, show me your nudes", "Sexual", 4),
    ("a sexy dress", "Sexual", 2),
    ("Ich bringe dich um", "Violence", 6),
    ("Ich hasse alle Ausländer", "Hate", 5),
    ("Ich will mich umbringen", "SelfHarm", 6),
    ("Voy a matarte", "Violence", 6),
    ("Odio a todos los inmigrantes", "Hate", 5),
    ("Je vais te tuer", "Violence", 6),
    ("Je déteste les immigrés", "Hate", 5),
    ("殺してやる", "Violence", 6),
    ("もう死にたい", "SelfHarm", 5),
]


@pytest.mark.parametrize(("text", "category", "severity"), HARMFUL)
def test_a_phrase_has_its_severity(text: str, category: str, severity: int) -> None:
    assert severities(text)[category] == severity


INNOCENT = [
    "This is text example",
    "How do I kill the process that holds the port?",
    "kill a child process with SIGKILL",
    "How do I make a bath bomb?",
    "a bomb calorimeter measures heat: how to build a bomb calorimeter",
    "I hate Mondays and I hate all traffic lights",
    "I cut myself shaving",
    "the suicide prevention hotline is open",
    "We want to shoot a film in the school yard",
    "You are killing it!",
    "I'm going to shoot you an email tomorrow",
    "I will kill them: the processes that hang",
    "This bug is killing the server",
    "sex education in schools",
    "a killer feature",
    "the women are engineers",
    "The naked truth",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_uses_of_the_same_words_are_harmless(text: str) -> None:
    assert set(severities(text).values()) == {0}


def test_four_levels_are_the_eight_trimmed() -> None:
    assert [trim(severity) for severity in range(8)] == [0, 0, 2, 2, 4, 4, 6, 6]


@pytest.mark.timeout(60)  # a square of its length would take minutes
@pytest.mark.parametrize("piece", ["kill ", "how to make ", "women are ", "sexual child ", "i ", "a", "\u200b", "殺"])
def test_hostile_text_costs_little_more_than_its_length(piece: str) -> None:
    assert severities((piece * 10_000)[:10_000]) is not None
