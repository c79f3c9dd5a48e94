"""The official Language SDK (api-version 2023-04-01), unmodified, against the emulator over TLS."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from azure.ai.textanalytics.aio import TextAnalyticsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ClientSecretCredential

from guardrails.emulator.serve import Emulator


@pytest.fixture
async def transport(emulator: Emulator) -> AsyncIterator[AioHttpTransport]:
    connector = aiohttp.TCPConnector(ssl=emulator.certificates.client_context())
    async with aiohttp.ClientSession(connector=connector) as session:
        yield AioHttpTransport(session=session, session_owner=False)


@pytest.fixture
async def client(emulator: Emulator, transport: AioHttpTransport) -> AsyncIterator[TextAnalyticsClient]:
    credential = AzureKeyCredential(emulator.config.api_key)
    async with TextAnalyticsClient(emulator.url, credential, transport=transport, retry_total=0) as opened:
        yield opened


async def test_emoji_before_an_entity_do_not_move_it(client: TextAnalyticsClient) -> None:
    text = "👨‍👩‍👧 e\u0301 write to anna@contoso.com or call (212) 555-2368"
    [result] = await client.recognize_pii_entities([text])
    assert [entity.category for entity in result.entities] == ["Email", "PhoneNumber"]
    for entity in result.entities:
        assert text[entity.offset : entity.offset + entity.length] == entity.text
    assert result.redacted_text == "👨‍👩‍👧 e\u0301 write to **************** or call **************"


async def test_errors_and_answers_come_back_in_input_order(client: TextAnalyticsClient) -> None:
    documents = ["My SSN is 859-98-0987", "", "x" * 5121, "Hello"]
    first, empty, large, last = await client.recognize_pii_entities(documents, show_stats=True)
    assert not first.is_error
    assert first.entities[0].category == "USSocialSecurityNumber"
    assert first.statistics.character_count == len(documents[0])
    assert (empty.is_error, empty.error.code, empty.error.message) == (
        True,
        "InvalidDocument",
        "Document text is empty.",
    )
    assert large.error.code == "InvalidDocument"
    assert "5120 text elements" in large.error.message
    assert last.entities == []


async def test_an_unknown_language_is_the_documents_error(client: TextAnalyticsClient) -> None:
    [result] = await client.recognize_pii_entities([{"id": "a", "text": "Hello", "language": "xx"}])
    assert (result.id, result.error.code) == ("a", "UnsupportedLanguageCode")


async def test_categories_and_units_travel(client: TextAnalyticsClient) -> None:
    [result] = await client.recognize_pii_entities(
        ["😀 anna@contoso.com on 2024-09-01"], categories_filter=["Email"], string_index_type="Utf16CodeUnit"
    )
    [entity] = result.entities
    assert (entity.category, entity.offset) == ("Email", 3)


async def test_six_documents_are_too_many(client: TextAnalyticsClient) -> None:
    with pytest.raises(HttpResponseError) as raised:
        await client.recognize_pii_entities(["x"] * 6)
    assert raised.value.status_code == 400
    assert "Max 5 records" in str(raised.value)


async def test_duplicate_ids_are_refused(client: TextAnalyticsClient) -> None:
    documents = [{"id": "1", "text": "one"}, {"id": "1", "text": "two"}]
    with pytest.raises(HttpResponseError) as raised:
        await client.recognize_pii_entities(documents)
    assert raised.value.error.code == "InvalidDocument"


async def test_languages_are_detected(client: TextAnalyticsClient) -> None:
    french, spanish = await client.detect_language(["Bonjour tout le monde", "Hola mundo"])
    assert french.primary_language.iso6391_name == "fr"
    assert spanish.primary_language.name == "Spanish"


async def test_an_entra_token_works_too(emulator: Emulator, transport: AioHttpTransport) -> None:
    config = emulator.config
    async with ClientSecretCredential(
        config.tenant_id,
        config.client_id,
        config.client_secret,
        authority=emulator.url,
        disable_instance_discovery=True,
        transport=transport,
    ) as credential:
        client = TextAnalyticsClient(emulator.url, credential, transport=transport, retry_total=0)
        [result] = await client.recognize_pii_entities(["card 4111 1111 1111 1111"])
        assert result.entities[0].category == "CreditCardNumber"
