"""Nothing that the policy stops reaches the model, wherever in the body it stands."""

import pytest
from server.leaks.cells import DOORS, send, wrong_with_input
from server.leaks.plants import leaks
from server.leaks.row import Reading
from server.leaks.table import INPUT

pytestmark = pytest.mark.asyncio(loop_scope="module")

STOPPED = [row for row in INPUT if row.reading in {Reading.EDITABLE, Reading.WHOLE}]


@pytest.mark.parametrize("row", INPUT, ids=str)
async def test_a_plant_in_the_request_ends_as_the_table_says(house, row):
    wrong = {plant: wrong_with_input(row.outcome(plant), plant, await send(house, row, plant)) for plant in row.plants}
    assert {plant: why for plant, why in wrong.items() if why} == {}


@pytest.mark.parametrize("row", STOPPED, ids=str)
async def test_the_plant_does_arrive_where_nothing_guards(house, row):
    seen = await send(house, row, row.plants[0], policy="looks-only")
    assert seen.status == 200
    assert leaks(row.plants[0], seen.sent)


@pytest.mark.parametrize(("number", "row"), [*enumerate(STOPPED)], ids=str)
async def test_the_doors_of_the_sdks_are_no_way_around(house, number, row):
    plant = row.plants[number % len(row.plants)]
    seen = await send(house, row, plant, door=DOORS[1 + number % 3])
    assert wrong_with_input(row.outcome(plant), plant, seen) is None
