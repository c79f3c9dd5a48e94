"""What `:analyze-text` refuses as a whole, and LanguageDetection."""

import io
import json
from typing import Any

import aiohttp
import pytest

VERSION = "2026-05-01"


@pytest.fixture
def post(emulator_session: aiohttp.ClientSession, bearer: dict[str, str]) -> Any:
    async def call(body: Any, version: str = VERSION) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = bearer | {"Content-Type": "application/json"}
        path = f"/language/:analyze-text?api-version={version}"
        async with emulator_session.post(path, data=io.BytesIO(data), headers=headers) as response:
            answer = await response.json()
            if response.status != 200:
                assert response.headers["x-ms-error-code"] == answer["error"]["code"]
            return response.status, answer

    return call


def pii(documents: Any, **parameters: Any) -> dict[str, Any]:
    return {"kind": "PiiEntityRecognition", "parameters": parameters, "analysisInput": {"documents": documents}}


ONE = [{"id": "1", "text": "Hello"}]


async def test_more_than_five_documents_are_refused_with_the_recorded_body(post: Any) -> None:
    status, body = await post(pii([{"id": str(number), "text": "x"} for number in range(6)]))
    assert status == 400
    assert body == {
        "error": {
            "code": "InvalidRequest",
            "message": "Invalid document in request.",
            "innererror": {
                "code": "InvalidDocumentBatch",
                "message": "Batch request contains too many records. Max 5 records are permitted.",
            },
        }
    }


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        (b"not json", "InvalidRequestBodyFormat"),
        (b'{"kind": "PiiEntityRecognition", "x": "\\ud800"}', "InvalidRequestBodyFormat"),
        (b"[" * 2000, "InvalidRequestBodyFormat"),
        ([], "InvalidRequestBodyFormat"),
        ({"kind": "Nonsense", "analysisInput": {"documents": ONE}}, "InvalidParameterValue"),
        ({"kind": ["PiiEntityRecognition"]}, "InvalidParameterValue"),
        ({"kind": "PiiEntityRecognition"}, "MissingInputDocuments"),
        ({"kind": "PiiEntityRecognition", "analysisInput": []}, "MissingInputDocuments"),
        (pii([]), "MissingInputDocuments"),
        (pii("text"), "MissingInputDocuments"),
        (pii(["text"]), "InvalidRequestBodyFormat"),
        (pii([{"text": "no id"}]), "InvalidDocument"),
        (pii([{"id": 1, "text": "number"}]), "InvalidDocument"),
        (pii([{"id": "1", "text": 1}]), "InvalidRequestBodyFormat"),
        (pii([{"id": "1", "text": "x", "language": 7}]), "InvalidRequestBodyFormat"),
        (pii([*ONE, *ONE]), "InvalidDocument"),
        ({**pii(ONE), "parameters": "x"}, "InvalidRequestBodyFormat"),
        (pii(ONE, piiCategories=["NoSuchThing"]), "InvalidParameterValue"),
        (pii(ONE, piiCategories="Email"), "InvalidParameterValue"),
        (pii(ONE, excludePiiCategories=["All"]), "InvalidParameterValue"),
        (pii(ONE, domain="medical"), "InvalidParameterValue"),
        (pii(ONE, stringIndexType="Bytes"), "InvalidParameterValue"),
        (pii(ONE, modelVersion="newest"), "ModelVersionIncorrect"),
        (pii(ONE, loggingOptOut="yes"), "InvalidParameterValue"),
        (pii(ONE, disableEntityValidation=1), "InvalidParameterValue"),
        (pii(ONE, noSuchParameter=True), "InvalidParameterValue"),
        (pii(ONE, redactionPolicies={}), "InvalidParameterValue"),
        (pii(ONE, redactionPolicies=[{"policyKind": "syntheticReplacement"}]), "InvalidParameterValue"),
        (pii(ONE, redactionPolicies=[{"redactionCharacter": "x"}]), "InvalidParameterValue"),
        (pii(ONE, redactionPolicies=[{"entityTypes": ["Nope"]}]), "InvalidParameterValue"),
        (pii(ONE, redactionPolicies=[{"isDefault": True}, {"isDefaultPolicy": True}]), "InvalidParameterValue"),
        (pii(ONE, redactionPolicies=[{"unmaskLength": 4}]), "InvalidParameterValue"),
        (pii(ONE, valueExclusionPolicy=["x"]), "InvalidParameterValue"),
        (pii(ONE, entitySynonyms=[{"entityType": "Email", "synonyms": ["x"]}]), "InvalidParameterValue"),
        (pii(ONE, confidenceScoreThreshold={"default": 2}), "InvalidParameterValue"),
        (pii(ONE, confidenceScoreThreshold={"overrides": [{"value": 0.5}]}), "InvalidParameterValue"),
    ],
)
async def test_a_wrong_request_is_a_400_that_says_what(post: Any, body: Any, inner: str) -> None:
    status, answer = await post(body)
    assert status == 400
    assert answer["error"]["code"] == "InvalidRequest"
    assert answer["error"]["innererror"]["code"] == inner
    assert answer["error"]["innererror"]["message"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"excludePiiCategories": ["Email"]},
        {"redactionPolicies": [{"policyKind": "noMask"}]},
        {"valueExclusionPolicy": {"excludedValues": ["x"]}},
        {"entitySynonyms": []},
        {"confidenceScoreThreshold": {"default": 0.5}},
        {"disableEntityValidation": True},
        {"piiCategories": ["ZipCode"]},
    ],
)
async def test_a_parameter_is_unknown_before_its_version(post: Any, parameters: dict[str, Any]) -> None:
    for version in ("2023-04-01", "2024-11-01", "2025-11-01"):
        status, answer = await post(pii(ONE, **parameters), version)
        assert (status, answer["error"]["innererror"]["code"]) == (400, "InvalidParameterValue")
    for version in ("2026-05-01", "2026-05-15-preview"):
        status, _ = await post(pii(ONE, **parameters), version)
        assert status == 200


async def test_an_old_preview_has_one_redaction_policy(post: Any) -> None:
    body = pii(
        [{"id": "1", "text": "a@x.com"}], redactionPolicy={"policyKind": "characterMask", "redactionCharacter": "#"}
    )
    status, answer = await post(body, "2024-11-15-preview")
    assert status == 200
    assert answer["results"]["documents"][0]["redactedText"] == "#######"


async def test_a_preview_keeps_some_characters_readable(post: Any) -> None:
    policies = [{"policyKind": "characterMask", "unmaskLength": 4, "unmaskFromEnd": True}]
    body = pii([{"id": "1", "text": "4111111111111111"}], redactionPolicies=policies)
    _, answer = await post(body, "2026-05-15-preview")
    assert answer["results"]["documents"][0]["redactedText"] == "************1111"


async def test_more_than_a_megabyte_is_refused(post: Any) -> None:
    status, answer = await post(pii([{"id": "1", "text": "x" * 1024 * 1024}]))
    assert (status, answer["error"]["code"]) == (413, "InvalidRequest")


def detection(*documents: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {"kind": "LanguageDetection", "parameters": parameters, "analysisInput": {"documents": list(documents)}}


async def test_the_official_detection_example(post: Any) -> None:
    texts = ["Hello world", "Bonjour tout le monde", "Hola mundo", "Tumhara naam kya hai?"]
    documents = [{"id": str(index), "text": text} for index, text in enumerate(texts, 1)]
    status, body = await post(detection(*documents, modelVersion="latest"))
    assert status == 200
    assert body["kind"] == "LanguageDetectionResults"
    expected = [("en", "English"), ("fr", "French"), ("es", "Spanish"), ("hi", "Hindi")]
    for document, (code, name) in zip(body["results"]["documents"], expected, strict=True):
        assert document["warnings"] == []
        assert document["detectedLanguage"] == {
            "confidenceScore": 1.0,
            "iso6391Name": code,
            "name": name,
            "scriptName": "Latin",
            "scriptIso15924Code": "Latn",
        }


async def test_detection_takes_a_thousand_documents_and_reports_bad_ones(post: Any) -> None:
    status, body = await post(
        detection(
            {"id": "1", "text": "Hello world"},
            {"id": "2", "text": " "},
            {"id": "3", "text": "Hi", "countryHint": "xyz"},
        )
    )
    assert status == 200
    codes = [error["error"]["innererror"]["code"] for error in body["results"]["errors"]]
    assert codes == ["InvalidDocument", "InvalidCountryHint"]
    many = [{"id": str(number), "text": "Hi"} for number in range(1001)]
    assert (await post(detection(*many)))[0] == 400
    assert (await post(detection(*many[1:])))[0] == 200


async def test_detection_knows_fewer_parameters(post: Any) -> None:
    status, body = await post(detection({"id": "1", "text": "Hi"}, domain="phi"))
    assert (status, body["error"]["innererror"]["code"]) == (400, "InvalidParameterValue")
