"""`/check` sees what the chat doors see: the same verdict for the same string, and what it gives back tells nothing."""

import json

import pytest
from running import KEY
from server.leaks.cells import answer_of, request_of
from server.leaks.plants import leaks
from server.leaks.row import Outcome, Reading
from server.leaks.table import INPUT, OUTPUT

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = {Outcome.REDACTED: "redact", Outcome.BLOCKED: "block", Outcome.TRAVELS: "allow"}


def _cells():
    judged = {Reading.EDITABLE, Reading.WHOLE, Reading.UNREAD, Reading.MEDIA}
    for row in INPUT:
        if row.pointer.startswith(("/messages", "/documents/0")) and row.reading in judged:
            yield row, "input"
    for row in OUTPUT:
        if row.pointer.startswith("/choices") and row.reading in judged:
            yield row, "output"


def _asked(row, stage, plant) -> dict:
    if stage == "output":
        return {"stage": "output", "choices": answer_of(row, plant)["choices"]}
    body = request_of(row, plant)
    documents = {"documents": body["documents"][:1]} if "documents" in body else {}
    return {"stage": "input", "messages": body["messages"], **documents}


@pytest.mark.parametrize(("number", "row", "stage"), [(n, *cell) for n, cell in enumerate(_cells())], ids=str)
async def test_the_verdict_is_the_tables(house, number, row, stage):
    service, _ = house
    plant = row.plants[number % len(row.plants)]
    body = _asked(row, stage, plant)
    headers = {"api-key": KEY, "x-guardrails-policy": row.policy}
    async with service.session.post(f"{service.url}/check", json=body, headers=headers) as response:
        raw = await response.read()
    assert response.status == 200
    answer = json.loads(raw)
    assert answer["verdict"] == WORDS[row.outcome(plant)]
    assert row.outcome(plant) is Outcome.TRAVELS or not leaks(plant, raw)
    if row.outcome(plant) is Outcome.REDACTED:
        assert answer.keys() & {"messages", "documents", "choices"}
