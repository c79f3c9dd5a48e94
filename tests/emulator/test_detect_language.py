"""Language and protected material."""

import pytest

from guardrails.emulator.detect.language import UNKNOWN, detect_language
from guardrails.emulator.detect.protected_material import is_protected

VERSE = (
    "The lantern leans on the harbour wall, and counts the boats that never came home at all; it "
    "hums to the rope and the"
    " rusted chain and promises the morning a gentler rain."
)


@pytest.mark.parametrize(
    ("text", "code", "script"),
    [
        ("Hello world", "en", "Latn"),
        ("Bonjour tout le monde", "fr", "Latn"),
        ("Hola mundo", "es", "Latn"),
        ("Tumhara naam kya hai?", "hi", "Latn"),
        ("Dies ist ein Test", "de", "Latn"),
        ("Questo è un esempio", "it", "Latn"),
        ("Привет, мир", "ru", "Cyrl"),
        ("これは日本語です", "ja", "Jpan"),
        ("你好，世界", "zh_chs", "Hans"),
        ("안녕하세요", "ko", "Hang"),
        ("שלום עולם", "he", "Hebr"),
        ("مرحبا بالعالم", "ar", "Arab"),
    ],
)
def test_a_language_is_told_by_its_script_or_its_small_words(text: str, code: str, script: str) -> None:
    detected = detect_language(text)
    assert (detected.code, detected.script_code) == (code, script)
    assert detected.confidence == 1.0


def test_text_without_letters_has_no_language() -> None:
    assert detect_language("12345 !!") is UNKNOWN


def test_the_country_hint_decides_when_nothing_else_does() -> None:
    assert detect_language("Zqx", "de").code == "de"
    assert detect_language("Zqx").code == "en"


def test_a_quoted_verse_is_protected_whatever_its_punctuation() -> None:
    assert is_protected(VERSE)
    assert is_protected("As I always say, " + VERSE.upper().replace(",", " --"))


def test_a_quote_shorter_than_110_characters_is_never_detected() -> None:
    assert not is_protected(VERSE[:109])
    assert is_protected(VERSE[:110])


def test_own_words_of_any_length_are_free() -> None:
    assert not is_protected("Our quarterly report lists the boats we sold and the harbours they went to. " * 3)
