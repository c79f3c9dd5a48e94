"""Spans are exact in every way of counting, on any text."""

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.emulator.detect.pii import find_entities
from guardrails.emulator.detect.text_units import TextUnits
from guardrails.emulator.scenarios import NO_EFFECT
from guardrails.emulator.services.language_pii_answers import analyze_documents

PERSONAL = st.sampled_from(
    ["alice@example.com", "+1 212 555 2368", "4111 1111 1111 1111", "My name is John Doe", "859-98-0987", "10.0.0.1"]
)
JOINTS = st.sampled_from(
    ["👨‍👩‍👧", "e\u0301", "\u0301", "\r\n", " ", "\u200d", "🇩🇪🇫🇷", "שלום", "مرحبا", "\u202e", "𝒜", "한"]
)
TEXTS = st.lists(st.one_of(st.text(max_size=12), PERSONAL, JOINTS), min_size=1, max_size=8).map("".join)


def sliced(text: str, offset: int, length: int, unit: str) -> str:
    if unit == "Utf16CodeUnit":
        return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")
    if unit == "TextElements_v8":
        return "".join(regex.findall(r"\X", text)[offset : offset + length])
    return text[offset : offset + length]


@settings(deadline=None, max_examples=150)
@given(TEXTS.filter(str.strip))
def test_offset_and_length_slice_to_the_entity_text_in_every_unit(text: str) -> None:
    seen = []
    for unit in ("TextElements_v8", "UnicodeCodePoint", "Utf16CodeUnit"):
        body = {
            "parameters": {"stringIndexType": unit, "piiCategories": ["All"]},
            "analysisInput": {"documents": [{"id": "1", "text": text}]},
        }
        results, _ = analyze_documents(body, "2024-11-01", NO_EFFECT, show_statistics=False)
        [document] = results["documents"]
        for entity in document["entities"]:
            assert sliced(text, entity["offset"], entity["length"], unit) == entity["text"]
        seen.append([(entity["category"], entity["text"]) for entity in document["entities"]])
    assert seen[0] == seen[1] == seen[2]


@settings(deadline=None, max_examples=150)
@given(TEXTS.filter(str.strip))
def test_an_entity_mask_stands_where_it_says(text: str) -> None:
    for unit in ("TextElements_v8", "UnicodeCodePoint", "Utf16CodeUnit"):
        body = {
            "parameters": {"stringIndexType": unit, "redactionPolicies": [{"policyKind": "entityMask"}]},
            "analysisInput": {"documents": [{"id": "1", "text": text}]},
        }
        results, _ = analyze_documents(body, "2026-05-01", NO_EFFECT, show_statistics=False)
        [document] = results["documents"]
        for entity in document["entities"]:
            place = sliced(document["redactedText"], entity["maskOffset"], entity["maskLength"], unit)
            assert entity["mask"] in place


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_entities_are_ordered_apart_and_never_cut_a_text_element(text: str) -> None:
    borders = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
    end = 0
    for entity in find_entities(text):
        assert end <= entity.start < entity.end <= len(text)
        assert {entity.start, entity.end} <= borders
        end = entity.end


def test_a_combining_mark_behind_an_address_belongs_to_it() -> None:
    text = "to alice@example.com\u0301 now"
    [entity] = find_entities(text)
    assert text[entity.start : entity.end] == "alice@example.com\u0301"


def test_an_emoji_family_is_one_text_element_and_eight_utf16_units() -> None:
    units = TextUnits("👨‍👩‍👧x")
    assert units.elements == 2
    assert [units.position(5, unit) for unit in ("TextElements_v8", "UnicodeCodePoint", "Utf16CodeUnit")] == [1, 5, 8]


def test_a_windows_line_end_is_one_text_element() -> None:
    assert TextUnits("a\r\nb").elements == 3
    assert TextUnits("a\r\nb").position(3, "TextElements_v8") == 2
