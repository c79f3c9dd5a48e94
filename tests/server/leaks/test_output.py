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


def _streams(row, release: str) -> list[tuple[str, int]]:
    """Plants and sizes: a character at a time makes every border that a plant can be split at one of two events."""
    if "40,000" in row.form:
        return [(row.plants[0], 400), (row.plants[-1], 400)] if release == "window" else [(row.plants[0], 4000)]
    if release == "whole":
        return [(row.plants[0], 1), (row.plants[-1], 1)]
    return [*((plant, 1) for plant in row.plants), (row.plants[0], 100_000), (row.plants[-1], 100_000)]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("row", OUTPUT, ids=str)
async def test_a_plant_in_a_stream_ends_as_the_table_says(house, row, release):
    policy = RELEASES[release] if row.policy == "default" else row.policy
    wrong = {
        (plant, size): wrong_with_stream(
            row.outcome(plant), plant, await stream(house, answer_of(row, plant), size, policy=policy)
        )
        for plant, size in _streams(row, release)
    }
    assert {cell: why for cell, why in wrong.items() if why} == {}


@pytest.mark.parametrize("row", [row for row in STOPPED if row not in NEVER_STREAMED], ids=str)
async def test_the_plant_does_stream_where_nothing_guards(house, row):
    answer = answer_of(row, row.plants[0])
    seen = await stream(house, answer, 10 if "40,000" not in row.form else 4000, policy="looks-only")
    assert seen.status == 200
    assert leaks(row.plants[0], seen.raw)


@pytest.mark.parametrize(("number", "row"), [*enumerate(STOPPED)], ids=str)
async def test_streams_of_the_sdks_are_no_way_around(house, number, row):
    plant = row.plants[number % len(row.plants)]
    size = 4000 if "40,000" in row.form else 3
    seen = await stream(house, answer_of(row, plant), size, door=DOORS[1 + number % 3], policy=row.policy)
    assert wrong_with_stream(row.outcome(plant), plant, seen) is None
