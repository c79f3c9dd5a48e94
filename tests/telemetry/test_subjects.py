"""For whom a gateway asked, as records keep it: never in clear unless a setting says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.subject import Subject
from guardrails.telemetry.subjects import HASH_DIGITS, LONGEST, MAX_LABELS, Kept, Subjects

KEY = b"k" * 32
ANN = Subject(user="ann@contoso.com", team="red", request_id="r-1", model="gpt-4o", labels={"env": "production"})


def test_by_a_key_the_same_user_has_the_same_hash_everywhere_and_no_other_has_it():
    one, other = Subjects(Kept.HASHED, KEY), Subjects(Kept.HASHED, KEY)
    assert one.told("portkey", ANN) == other.told("portkey", ANN)
    assert one.told("portkey", ANN)["user"] != one.told("portkey", Subject(user="ben@contoso.com"))["user"]
    assert one.told("portkey", ANN)["user"] != Subjects(Kept.HASHED, b"K" * 32).told("portkey", ANN)["user"]


def test_a_user_and_a_team_of_one_name_have_different_hashes():
    told = Subjects(Kept.HASHED, KEY).told("portkey", Subject(user="red", team="red", labels={"user": "red"}))
    assert told["user"] != told["team"]


@given(value=st.text(min_size=4, max_size=300))
def test_hashed_nothing_of_a_value_is_left(value):
    told = Subjects(Kept.HASHED, KEY).told("g", Subject(user=value, team=value, labels={"a": value}))
    assert told["user"] == f"hmac-sha256:{str(told['user']).removeprefix('hmac-sha256:')}"
    assert len(str(told["user"])) == len("hmac-sha256:") + HASH_DIGITS
    assert {told["request_id"], told["model"]} == {None}


def test_in_plain_values_are_kept_as_far_as_they_go():
    told = Subjects(Kept.PLAIN, KEY).told("portkey", Subject(user="a" * 1000, labels={"env": "production"}))
    assert (told["user"], told["labels"]) == ("a" * LONGEST, {"env": "production"})


def test_off_only_ids_and_names_of_models_are_kept():
    assert Subjects(Kept.OFF, KEY).told("portkey", ANN) == {
        "gateway": "portkey",
        "request_id": "r-1",
        "model": "gpt-4o",
        "user": None,
        "team": None,
        "labels": {},
    }


@pytest.mark.parametrize("kept", Kept)
def test_an_id_or_model_that_is_no_word_is_withheld(kept):
    told = Subjects(kept, KEY).told("g", Subject(request_id="4111111111111111", model="say it aloud: ann@contoso.com"))
    assert (told["request_id"], told["model"]) == ("[withheld]", "[withheld]")


def test_labels_are_bounded_and_their_names_are_names():
    labels = {"a sentence as a name": "x", **{f"l{number}": "x" for number in range(100)}}
    told = Subjects(Kept.HASHED, KEY).told("g", Subject(labels=labels))
    assert list(told["labels"]) == [f"l{number}" for number in range(MAX_LABELS)]


def test_no_repr_tells_whom():
    assert "ann" not in repr(ANN)
    assert "production" not in repr(ANN)
