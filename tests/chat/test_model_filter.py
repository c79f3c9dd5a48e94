"""What Azure's own filter says in answers and errors: noticed in every shape it has had, and never quoted."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.model_filter import CATEGORIES, told_by_answer, told_by_error
from guardrails.domain.forwarded import FilterResult

SAFE = {"hate": {"filtered": False, "severity": "safe"}, "jailbreak": {"filtered": False, "detected": False}}
BROKEN = {"error": {"code": "content_filter_error", "message": "The contents are not filtered"}}
VIOLENT = {**SAFE, "violence": {"filtered": True, "severity": "medium"}}


def answer(prompt=SAFE, choice=SAFE, finish="stop"):
    return {
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": prompt}],
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {}, "content_filter_results": SAFE},
            {"index": 1, "finish_reason": finish, "message": {}, "content_filter_results": choice},
        ],
    }


def refusal(**error):
    return orjson.dumps({"error": {"message": "filtered", "code": "content_filter", **error}})


def test_a_clean_answer_says_nothing():
    assert told_by_answer(answer()) == ((), ())


def test_an_answer_that_was_cut_is_noticed_in_any_choice():
    assert told_by_answer(answer(choice=VIOLENT, finish="content_filter")) == (
        (FilterResult.ANSWER_FILTERED,),
        ("violence",),
    )


@pytest.mark.parametrize("place", ["prompt", "choice"])
@pytest.mark.parametrize("results", [BROKEN, {**SAFE, **BROKEN}, {"content_filter_error": {"code": 1}}])
def test_a_filter_that_could_not_run_is_noticed_wherever_it_says_so(place, results):
    assert told_by_answer(answer(**{place: results})) == ((FilterResult.NOT_FILTERED,), ())


def test_an_error_that_is_null_is_none():
    assert told_by_answer(answer(choice={**SAFE, "error": None})) == ((), ())


@pytest.mark.parametrize("name", ["content_filter_result", "content_filter_results"])
def test_a_refused_prompt_is_noticed_in_both_spellings(name):
    body = refusal(innererror={"code": "ResponsibleAIPolicyViolation", name: {**VIOLENT, "jailbreak": {"filtered": 1}}})
    assert told_by_error(400, body) == ((FilterResult.PROMPT_FILTERED,), ("violence",))


def test_the_shape_of_the_responses_api_is_read_too():
    body = refusal(content_filters=[{"blocked": True, "content_filter_results": VIOLENT}])
    assert told_by_error(400, body) == ((FilterResult.PROMPT_FILTERED,), ("violence",))


def test_blocklists_are_read_as_an_object_and_as_the_older_list():
    for leaf in ({"filtered": True, "details": []}, [{"filtered": True, "id": "names"}]):
        body = refusal(innererror={"content_filter_result": {"custom_blocklists": leaf}})
        assert told_by_error(400, body)[1] == ("custom_blocklists",)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"error": {"code": "invalid_request"}}'),
        (429, refusal()),
        (400, b"content_filter"),
        (400, b'["content_filter"]'),
        (400, b'{"error": "content_filter"}'),
        (400, refusal(message="x" * 300_000)),
        (400, b""),
    ],
)
def test_another_error_is_no_refusal_of_the_filter(status, body):
    assert told_by_error(status, body) == ((), ())


def test_a_category_that_is_not_known_is_not_repeated():
    body = refusal(innererror={"content_filter_result": {"anna@contoso.com": {"filtered": True}}})
    assert told_by_error(400, body) == ((FilterResult.PROMPT_FILTERED,), ())


KEYS = [
    "choices",
    "prompt_filter_results",
    "content_filter_results",
    "content_filter_result",
    "error",
    "innererror",
    "filtered",
    "hate",
    "finish_reason",
    "code",
    "content_filters",
    "custom_blocklists",
    "content_filter_error",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["content_filter", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["choices", "prompt_filter_results", "error"]), JSON))
def test_no_shape_of_an_answer_breaks_it_and_only_known_words_come_out(body):
    for results, categories in (told_by_answer(body), told_by_error(400, orjson.dumps(body))):
        assert set(results) <= set(FilterResult)
        assert set(categories) <= CATEGORIES
