"""What no single string holds is found where the model reads it as one text; where it is not, the table says so."""

import pytest
from server.leaks.bodies import HELLO, streamed
from server.leaks.cells import DOORS, FINE, Seen, ask
from server.leaks.plants import PLANTS, laid_bare, leaks
from server.leaks.row import Outcome
from server.leaks.splits import BUILDERS, halves
from server.leaks.table import SPLITS

pytestmark = pytest.mark.asyncio(loop_scope="module")

CELLS = [(split, plant) for split in SPLITS for plant in split.outcomes]


def _ids(value) -> str:
    return str(value)


async def _seen(house, split, plant) -> Seen:
    service, model = house
    built = BUILDERS[split.where](halves(plant))
    model.answer = FINE
    if split.stage == "input":
        return await ask(service, model, built, DOORS[0], "default")
    model.answer = built
    return await ask(service, model, {"model": "scripted", "messages": [HELLO]}, DOORS[0], "default")


@pytest.mark.parametrize(("split", "plant"), CELLS, ids=_ids)
async def test_a_plant_in_two_halves_ends_as_the_table_says(house, split, plant):
    seen = await _seen(house, split, plant)
    told = seen.sent if split.stage == "input" else seen.raw
    both = [half in laid_bare(told) for half in halves(plant)]
    assert seen.status == (400 if split.stage == "input" and split.outcomes[plant] is Outcome.BLOCKED else 200)
    assert both == [split.outcomes[plant] is Outcome.TRAVELS] * 2


@pytest.mark.parametrize("plant", ["card", "mail", "harm", "term"])
async def test_a_plant_is_found_at_every_border_of_two_events(house, plant):
    service, model = house
    text = f"Well, {PLANTS[plant].text}"
    for border in range(6, len(text)):
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        model.pieces = streamed({**FINE, "choices": [choice]}, border)
        body = {"model": "scripted", "messages": [HELLO], "stream": True}
        seen = await ask(service, model, body, DOORS[0], "default")
        assert not leaks(plant, seen.raw), border
        assert seen.raw.endswith(b"data: [DONE]\n\n")
