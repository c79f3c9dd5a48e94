"""Azure AI Language's PII over HTTP: official examples, per-document errors, limits, statistics, redaction."""

from typing import Any

import aiohttp
import pytest

from guardrails.emulator.scenarios import Effect, Scenario, Service
from guardrails.emulator.serve import Emulator

TOO_LARGE = {
    "id": "3",
    "error": {
        "code": "InvalidArgument",
        "message": "Invalid document in request.",
        "innererror": {
            "code": "InvalidDocument",
            "message": "A document within the request was too large to be processed. Limit document size to: 5120 text"
            " elements. For additional details on the data limitations see https://aka.ms/text-analytics-data-limits",
        },
    },
}
EXAMPLES = {
    "1": ("My SSN is 859-98-0987", "My SSN is ***********", "USSocialSecurityNumber", 10, "859-98-0987"),
    "2": (
        "Your ABA number - 111000025 - is the first 9 digits in the lower left hand corner of your personal check.",
        "Your ABA number - ********* - is the first 9 digits in the lower left hand corner of your personal check.",
        "ABARoutingNumber",
        18,
        "111000025",
    ),
    "3": (
        "Is 998.214.865-68 your Brazilian CPF number?",
        "Is ************** your Brazilian CPF number?",
        "BRCPFNumber",
        3,
        "998.214.865-68",
    ),
}


@pytest.fixture
def analyze(emulator_session: aiohttp.ClientSession, bearer: dict[str, str]) -> Any:
    async def call(
        *documents: dict[str, Any], version: str = "2026-05-01", query: str = "", **parameters: Any
    ) -> tuple[int, dict[str, Any]]:
        body = {
            "kind": "PiiEntityRecognition",
            "parameters": parameters,
            "analysisInput": {"documents": list(documents)},
        }
        path = f"/language/:analyze-text?api-version={version}{query}"
        async with emulator_session.post(path, json=body, headers=bearer) as response:
            return response.status, await response.json()

    return call


def doc(text: str, identifier: str = "1", **fields: Any) -> dict[str, Any]:
    return {"id": identifier, "text": text, **fields}


async def only(analyze: Any, text: str, **arguments: Any) -> dict[str, Any]:
    status, body = await analyze(doc(text), **arguments)
    assert status == 200, body
    return body["results"]["documents"][0]


async def test_the_official_example_answers_as_documented_with_true_offsets(analyze: Any) -> None:
    status, body = await analyze(*(doc(text, key, language="en") for key, (text, *_) in EXAMPLES.items()))
    assert status == 200
    assert body["kind"] == "PiiEntityRecognitionResults"
    assert body["results"]["errors"] == []
    assert body["results"]["modelVersion"] == "2021-01-15"
    for document in body["results"]["documents"]:
        text, redacted, category, offset, value = EXAMPLES[document["id"]]
        [entity] = document["entities"]
        assert document["redactedText"] == redacted
        assert (entity["category"], entity["type"], entity["text"]) == (category, category, value)
        assert (entity["offset"], entity["length"]) == (offset, len(value))
        assert text[offset : offset + len(value)] == value
        assert entity["tags"] == [{"name": name, "confidenceScore": 0.8} for name in ("Number", "Numeric")]
        assert document["warnings"] == []


async def test_the_official_exclusion_example(analyze: Any) -> None:
    documents = [doc(text, key) for key, (text, *_) in EXAMPLES.items()]
    _, body = await analyze(*documents, excludePiiCategories=["USSocialSecurityNumber"])
    categories = [[entity["category"] for entity in found["entities"]] for found in body["results"]["documents"]]
    assert categories == [[], ["ABARoutingNumber"], ["BRCPFNumber"]]


async def test_a_ruled_out_category_does_not_return_under_an_older_name(analyze: Any) -> None:
    document = await only(analyze, "born 12 May 1984, wed 3 May 2010", excludePiiCategories=["DateOfBirth"])
    assert document["redactedText"] == "born 12 May 1984, wed 3 May 2010"
    document = await only(analyze, "born 12 May 1984", piiCategories=["Date"])
    assert document["redactedText"] == "born ***********"


async def test_the_official_entity_mask_example(analyze: Any) -> None:
    text = "My name is John Doe My phone number is 424 878 9192"
    document = await only(analyze, text, redactionPolicies=[{"policyKind": "entityMask"}])
    assert document["redactedText"] == "My name is [PERSON_1] My phone number is [PHONENUMBER_1]"
    person, phone = document["entities"]
    assert (person["mask"], person["maskOffset"], person["maskLength"]) == ("[PERSON_1]", 11, 10)
    assert (phone["mask"], phone["maskOffset"], phone["maskLength"]) == ("[PHONENUMBER_1]", 41, 15)


async def test_the_same_value_has_the_same_number(analyze: Any) -> None:
    text = "a@x.com, b@x.com, a@x.com"
    document = await only(analyze, text, redactionPolicies=[{"policyKind": "entityMask"}])
    assert document["redactedText"] == "[EMAIL_1], [EMAIL_2], [EMAIL_1]"


async def test_the_official_redaction_character_example(analyze: Any) -> None:
    policies = [{"policyKind": "characterMask", "redactionCharacter": "-"}]
    document = await only(analyze, "My SSN is 859-98-0987", version="2026-05-15-preview", redactionPolicies=policies)
    assert document["redactedText"] == "My SSN is -----------"


async def test_without_a_mask_there_is_no_redacted_text(analyze: Any) -> None:
    document = await only(analyze, "My SSN is 859-98-0987", redactionPolicies=[{"policyKind": "noMask"}])
    assert "redactedText" not in document
    assert len(document["entities"]) == 1


@pytest.mark.parametrize("marker", ["isDefault", "isDefaultPolicy"])
async def test_a_policy_for_some_categories_goes_before_the_default(analyze: Any, marker: str) -> None:
    policies = [
        {"policyKind": "characterMask", "redactionCharacter": "#", "entityTypes": ["Email"]},
        {"policyKind": "entityMask", marker: True},
    ]
    document = await only(analyze, "a@x.com and 859-98-0987", redactionPolicies=policies)
    assert document["redactedText"] == "####### and [USSOCIALSECURITYNUMBER_1]"


@pytest.mark.parametrize(
    ("unit", "offset", "length"), [(None, 5, 8), ("UnicodeCodePoint", 9, 8), ("Utf16CodeUnit", 12, 8)]
)
async def test_offsets_count_in_the_unit_asked_for(analyze: Any, unit: str | None, offset: int, length: int) -> None:
    parameters = {"stringIndexType": unit} if unit else {}
    document = await only(analyze, "Hi 👨‍👩‍👧 ab@x.com", **parameters)
    [entity] = document["entities"]
    assert (entity["text"], entity["offset"], entity["length"]) == ("ab@x.com", offset, length)
    assert document["redactedText"] == "Hi 👨‍👩‍👧 ********"


async def test_only_the_named_categories_are_answered(analyze: Any) -> None:
    text = "Anna Berger, anna@x.com, https://x.com/?m=anna@x.com"
    document = await only(analyze, text, piiCategories=["Email"])
    assert [entity["text"] for entity in document["entities"]] == ["anna@x.com", "anna@x.com"]
    assert [entity["category"] for entity in (await only(analyze, text))["entities"]] == ["Person", "Email", "URL"]


async def test_all_has_more_than_the_default(analyze: Any) -> None:
    text = "zip 98052"
    assert (await only(analyze, text))["entities"] == []
    assert [e["category"] for e in (await only(analyze, text, piiCategories=["All"]))["entities"]] == ["ZipCode"]
    wider = await only(analyze, text + " a@x.com", piiCategories=["ZipCode", "Default"])
    assert [e["category"] for e in wider["entities"]] == ["ZipCode", "Email"]


async def test_the_health_domain_leaves_money_out(analyze: Any) -> None:
    text = "card 4111 1111 1111 1111 of anna@x.com"
    document = await only(analyze, text, domain="phi")
    assert [entity["category"] for entity in document["entities"]] == ["Email"]


async def test_an_older_version_has_older_names_and_no_types(analyze: Any) -> None:
    document = await only(analyze, "born 12 May 1984", version="2024-11-01")
    [entity] = document["entities"]
    assert entity["category"] == "Date"
    assert "type" not in entity
    assert "tags" not in entity
    [entity] = (await only(analyze, "born 12 May 1984", version="2025-11-01"))["entities"]
    assert (entity["category"], entity["type"]) == ("DateOfBirth", "DateOfBirth")


async def test_excluded_values_are_left_readable(analyze: Any) -> None:
    text = "write Support@contoso.com or a@x.com"
    policy = {"excludedValues": ["support@contoso.com"]}
    document = await only(analyze, text, valueExclusionPolicy=policy)
    assert document["redactedText"] == "write Support@contoso.com or *******"
    document = await only(analyze, text, valueExclusionPolicy=policy | {"caseSensitive": True})
    assert len(document["entities"]) == 2


async def test_a_threshold_drops_what_is_less_sure(analyze: Any) -> None:
    text = "ask Anna at a@x.com"
    assert len((await only(analyze, text))["entities"]) == 2
    document = await only(analyze, text, confidenceScoreThreshold={"default": 0.9})
    assert [entity["category"] for entity in document["entities"]] == ["Email"]
    override = {"default": 0.9, "overrides": [{"entity": "Person", "value": 0.5, "language": "en"}]}
    assert len((await only(analyze, text, confidenceScoreThreshold=override))["entities"]) == 2
    override["overrides"][0]["language"] = "de"
    assert len((await only(analyze, text, confidenceScoreThreshold=override))["entities"]) == 1


async def test_a_synonym_is_a_context_word(analyze: Any) -> None:
    text = "his burgernummer: 111222333"
    assert (await only(analyze, text))["entities"] == []
    synonyms = [{"entityType": "NLCitizensServiceNumber", "synonyms": [{"synonym": "Burgernummer"}]}]
    [entity] = (await only(analyze, text, entitySynonyms=synonyms))["entities"]
    assert entity["category"] == "NLCitizensServiceNumber"


async def test_validation_can_be_switched_off(analyze: Any) -> None:
    text = "card 4111 1111 1111 1112"
    assert (await only(analyze, text))["entities"] == []
    [entity] = (await only(analyze, text, disableEntityValidation=True))["entities"]
    assert entity["category"] == "CreditCardNumber"


async def test_each_document_fails_alone_inside_a_200(analyze: Any) -> None:
    status, body = await analyze(
        doc("fine a@x.com", "1"), doc("", "2"), doc("x" * 5121, "3"), doc("hello", "4", language="xx")
    )
    assert status == 200
    assert [document["id"] for document in body["results"]["documents"]] == ["1"]
    errors = {error["id"]: error["error"] for error in body["results"]["errors"]}
    assert errors["2"]["innererror"] == {"code": "InvalidDocument", "message": "Document text is empty."}
    assert {"id": "3", "error": errors["3"]} == TOO_LARGE
    assert errors["4"]["message"] == "Invalid Language Code."
    assert errors["4"]["innererror"]["code"] == "UnsupportedLanguageCode"


async def test_the_limit_counts_text_elements_not_code_points(analyze: Any) -> None:
    family = "👨‍👩‍👧"
    _, body = await analyze(doc(family * 5120, "1"), doc(family * 5120 + "x", "2"))
    assert [document["id"] for document in body["results"]["documents"]] == ["1"]
    assert [error["id"] for error in body["results"]["errors"]] == ["2"]


async def test_a_scenario_puts_an_error_on_the_documents_it_names(analyze: Any, emulator: Emulator) -> None:
    effect = Effect(document_error="InternalServerError", document_ids=("2",))
    emulator.state.scenarios.add(Scenario(effect, service=Service.LANGUAGE, times=1))
    status, body = await analyze(doc("a", "1"), doc("b", "2"))
    assert status == 200
    assert [document["id"] for document in body["results"]["documents"]] == ["1"]
    assert [error["id"] for error in body["results"]["errors"]] == ["2"]
    _, body = await analyze(doc("a", "1"), doc("b", "2"))
    assert body["results"]["errors"] == []


async def test_language_auto_tells_what_it_found(analyze: Any) -> None:
    text = "Ich heiße Jürgen Müller und wohne in der Hauptstraße 12"
    status, body = await analyze(doc(text, language="auto"))
    assert status == 200
    [document] = body["results"]["documents"]
    assert document["detectedLanguage"] == {"name": "German", "iso6391Name": "de", "confidenceScore": 1.0}
    assert [entity["category"] for entity in document["entities"]] == ["Person", "Address"]


async def test_an_older_version_does_not_know_language_auto(analyze: Any) -> None:
    _, body = await analyze(doc("Hello", language="auto"), version="2024-11-01")
    assert body["results"]["errors"][0]["error"]["innererror"]["code"] == "UnsupportedLanguageCode"


async def test_statistics_come_when_asked_for(analyze: Any) -> None:
    _, body = await analyze(doc("é" * 1001, "1"), doc("", "2"), query="&showStats=true")
    [document] = body["results"]["documents"]
    assert document["statistics"] == {"charactersCount": 1001, "transactionsCount": 2}
    assert body["results"]["statistics"] == {
        "documentsCount": 2,
        "validDocumentsCount": 1,
        "erroneousDocumentsCount": 1,
        "transactionsCount": 2,
    }


async def test_long_words_are_warned_about(analyze: Any) -> None:
    assert (await only(analyze, "x" * 64))["warnings"] == []
    [warning] = (await only(analyze, "x" * 65))["warnings"]
    assert warning["code"] == "LongWordsInDocument"


async def test_the_billing_header_counts_text_records(
    emulator_session: aiohttp.ClientSession, bearer: dict[str, str]
) -> None:
    body = {
        "kind": "PiiEntityRecognition",
        "analysisInput": {"documents": [doc("x " * 1000, "1"), doc("y", "2")]},
    }
    async with emulator_session.post(
        "/language/:analyze-text?api-version=2025-11-01", json=body, headers=bearer
    ) as response:
        assert response.headers["csp-billing-usage"].endswith("TextRecords=3")
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"
