"""Nothing that the policy stops reaches the caller, wherever in an answer it stands; of a stream not a character."""

import pytest
from server.leaks.cells import DOORS, answer_of, answered, stream, wrong_with_output, wrong_with_stream
from server.leaks.plants import leaks
from server.leaks.row import Reading
from server.leaks.table import OUTPUT

pytestmark = pytest.mark.asyncio(loop_scope="module")

STOPPED = [row for row in OUTPUT if row.reading in {Reading.EDITABLE, Reading.WHOLE}]
NEVER_STREAMED = [row for row in STOPPED if "/audio/" in row.pointer or "/content/" in row.pointer]
"""Sound and parts of unknown types: whatever the policy, an event with one ends the stream."""
RELEASES = {"window": "default", "whole": "whole"}


@pytest.mark.parametrize("row", OUTPUT, ids=str)
async def test_a_plant_in_the_answer_ends_as_the_table_says(house, row):
    wrong = {
        plant: wrong_with_output(row.outcome(plant), plant, await answered(house, row, plant)) for plant in row.plants
    }
    assert {plant: why for plant, why in wrong.items() if why} == {}


@pytest.mark.parametrize("row", STOPPED, ids=str)
async def test_the_plant_does_arrive_where_nothing_guards(house, row):
    seen = await answered(house, row, row.plants[0], policy="looks-only")
    assert seen.status == 200
    assert leaks(row.plants[0], seen.raw)


@pytest.mark.parametrize(("number", "row"), [*enumerate(STOPPED)], ids=str)
async def test_the_doors_of_the_sdks_are_no_way_around(house, number, row):
    plant = row.plants[number % len(row.plants)]
    seen = await answered(house, row, plant, door=DOORS[1 + number % 3])
    assert wrong_with_output(row.outcome(plant), plant, seen) is None


def _sizes(row) -> tuple[int, ...]:
    """Whole, and a character at a time: then every border that a plant can be split at is one between two events."""
    return (100_000, 37) if "40,000" in row.form else (100_000, 1)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("row", OUTPUT, ids=str)
async def test_a_plant_in_a_stream_ends_as_the_table_says(house, row, release):
    wrong = {
        (plant, size): wrong_with_stream(
            row.outcome(plant), plant, await stream(house, answer_of(row, plant), size, policy=RELEASES[release])
        )
        for plant in row.plants
        for size in _sizes(row)
    }
    assert {cell: why for cell, why in wrong.items() if why} == {}


@pytest.mark.parametrize("row", [row for row in STOPPED if row not in NEVER_STREAMED], ids=str)
async def test_the_plant_does_stream_where_nothing_guards(house, row):
    answer = answer_of(row, row.plants[0])
    seen = await stream(house, answer, 1 if "40,000" not in row.form else 37, policy="looks-only")
    assert seen.status == 200
    assert leaks(row.plants[0], seen.raw)


@pytest.mark.parametrize(("number", "row"), [*enumerate(STOPPED)], ids=str)
async def test_streams_of_the_sdks_are_no_way_around(house, number, row):
    plant = row.plants[number % len(row.plants)]
    door = DOORS[1 + number % 3]
    assert (
        wrong_with_stream(row.outcome(plant), plant, await stream(house, answer_of(row, plant), 3, door=door)) is None
    )
