"""What settings may say about decision records."""

import pytest
from pydantic import ValidationError

from guardrails.settings.schema import Telemetry


def test_absent_nothing_rotates_nothing_is_sampled_and_nothing_refused():
    made = Telemetry()
    assert (made.rotate_at, made.sample_allowed, made.on_lost_records) == (None, 1, "continue")


def test_a_size_is_said_in_words():
    assert Telemetry(decisions="d.jsonl", rotate_at="256MiB").rotate_at == 256 * 1024 * 1024


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"rotate_at": "256MiB"}, "rotate_at is for decisions in a file"),
        ({"decisions": "d.jsonl", "rotate_at": "1KiB"}, "rotate_at"),
        ({"decisions": "d.jsonl", "keep": 0}, "keep"),
        ({"sample_allowed": 1.5}, "sample_allowed"),
        ({"sample_allowed": -0.1}, "sample_allowed"),
        ({"on_lost_records": "ignore"}, "on_lost_records"),
        ({"subjects": "clear"}, "subjects"),
        ({"subject_key": "a key that stands in the file itself, in clear"}, "given by reference"),
        ({"decisions": "off", "on_lost_records": "refuse"}, "needs decisions that are written somewhere"),
    ],
)
def test_what_cannot_be_meant_is_refused(section, why):
    with pytest.raises(ValidationError, match=why):
        Telemetry.model_validate(section)
