import difflib

import pytest

from guardrails.api.schemas import parse_check
from guardrails.domain.errors import InvalidRequest


def test_no_likeness_is_looked_for_to_a_name_that_would_not_be_told(monkeypatch):
    def never(*_args, **_options):
        raise AssertionError("a name of megabytes would hold up everybody")

    monkeypatch.setattr(difflib, "get_close_matches", never)
    with pytest.raises(InvalidRequest, match="unknown field; known: stage") as caught:
        parse_check({"stage" * 1_000_000: 1})
    assert caught.value.field is None


def test_a_misspelt_field_is_told_with_the_right_one():
    with pytest.raises(InvalidRequest, match="did you mean stage") as caught:
        parse_check({"stagr": "input"})
    assert caught.value.field == "stagr"
