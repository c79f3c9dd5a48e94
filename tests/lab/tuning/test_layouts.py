"""Rows laid out like well-known public sets, every one of them written here."""

import pytest

from guardrails.domain.content import Origin, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.lab.tuning.layouts.catalogue import BY_NAME, LAYOUTS, guess
from guardrails.lab.tuning.layouts.record import Columns, Reading, RowLeftOut, RowProblem
from guardrails.lab.tuning.samples import CLEAN, Place, Said, Sample
from guardrails.lab.tuning.vocabulary import Vocabulary

CHECKS = frozenset({"prompt_shield", "content_safety", "pii"})
READING = Reading(Vocabulary(), CHECKS)
TEXT = "Something that somebody wrote."
ATTACK = Said(bad=True, categories=frozenset({"UserPromptAttack"}))


def harm(*categories: str) -> dict[str, Said]:
    return {"content_safety": Said(bad=True, categories=frozenset(categories))}


def read(record: dict, *, layout: str | None = None, reading: Reading = READING) -> list[Sample]:
    chosen = BY_NAME[layout] if layout else guess(record)
    assert chosen is not None
    return list(chosen.samples(record, Place(0, 1), reading))


def said(record: dict, **options) -> dict[str, Said]:
    (sample,) = read(record, **options)
    return dict(sample.said)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("toxic-chat", {"conv_id": "a", "user_input": TEXT, "model_output": "b", "toxicity": 0, "jailbreaking": 0}),
        ("openai-moderation", {"prompt": TEXT, "S": 0, "H": 1}),
        ("beavertails", {"prompt": "a", "response": TEXT, "category": {}, "is_safe": True}),
        ("aegis-2", {"prompt": TEXT, "prompt_label": "safe", "response": None, "violated_categories": ""}),
        ("wildguard", {"prompt": TEXT, "adversarial": False, "prompt_harm_label": "unharmful"}),
        ("aegis-1", {"text": TEXT, "text_type": "user_message", "labels_0": "Safe"}),
        ("ai4privacy", {"source_text": TEXT, "target_text": "a", "privacy_mask": []}),
        ("gretel-pii", {"text": TEXT, "domain": "a", "entities": "[]"}),
        ("jailbreak-flag", {"platform": "a", "prompt": TEXT, "jailbreak": True}),
        ("jailbreak-type", {"prompt": TEXT, "type": "benign"}),
        ("plain", {"text": TEXT, "label": 1}),
        ("plain", {"prompt": TEXT, "type": "contrast", "label": "safe"}),
        (None, {"words": TEXT, "verdict": "bad"}),
    ],
)
def test_a_layout_is_told_by_its_columns(name, record):
    layout = guess(record)
    assert (layout.name if layout else None) == name


def test_every_layout_can_be_named():
    assert len(BY_NAME) == len(LAYOUTS)


def test_toxic_chat_is_about_harm_and_about_attacks():
    row = {"user_input": TEXT, "toxicity": 1, "jailbreaking": 0}
    assert said(row) == {**harm(), "prompt_shield": CLEAN}
    assert said(row | {"toxicity": "0", "jailbreaking": "1"}) == {"content_safety": CLEAN, "prompt_shield": ATTACK}


def test_a_letter_that_was_not_judged_tells_nothing():
    told = said({"prompt": TEXT, "S": 0, "H": 1, "HR": None})["content_safety"]
    assert told.categories == {"Hate"}
    assert told.untold == {"Violence", "SelfHarm"}


def test_letters_that_were_all_judged_leave_nothing_open():
    row = {"prompt": TEXT} | dict.fromkeys(("S", "H", "V", "HR", "SH", "S3", "H2", "V2"), 0)
    assert said(row) == {"content_safety": CLEAN}


def test_beavertails_judges_the_answer():
    category = {
        "hate_speech,offensive_language": True,
        "violence,aiding_and_abetting,incitement": True,
        "privacy_violation": False,
    }
    row = {"prompt": "a", "response": TEXT, "category": category, "is_safe": False}
    (sample,) = read(row)
    assert (sample.text, sample.stage, sample.origin) == (TEXT, Stage.OUTPUT, Origin.ASSISTANT)
    assert sample.said == harm("Hate", "Violence")


def test_a_harm_that_content_safety_has_no_category_for_is_left_out():
    row = {
        "prompt": "a",
        "response": TEXT,
        "category": {"misinformation_regarding_ethics,laws_and_safety": True},
        "is_safe": False,
    }
    with pytest.raises(RowLeftOut):
        read(row)


def test_aegis_2_gives_a_prompt_and_an_answer():
    row = {
        "prompt": TEXT,
        "prompt_label": "unsafe",
        "response": "An answer.",
        "response_label": "safe",
        "violated_categories": "Violence, Guns and Illegal Weapons",
    }
    prompt, answer = read(row)
    assert (prompt.said, prompt.stage) == (harm("Violence"), Stage.INPUT)
    assert (answer.said, answer.stage) == ({"content_safety": CLEAN}, Stage.OUTPUT)


@pytest.mark.parametrize("prompt", ["REDACTED", "", None])
def test_a_prompt_that_was_taken_out_is_left_out(prompt):
    with pytest.raises(RowLeftOut):
        read({"prompt": prompt, "prompt_label": "unsafe"})


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        (["Safe", "Safe", "Violence"], {"content_safety": CLEAN}),
        (["Violence", "Violence, Hate/Identity Hate", "Safe"], harm("Violence", "Hate")),
        (["Violence", "Violence", "Violence, Sexual", "Safe"], harm("Violence")),
    ],
)
def test_the_majority_of_annotators_decides(votes, expected):
    row = {"text": TEXT} | {f"labels_{number}": vote for number, vote in enumerate(votes)}
    assert said(row) == expected


@pytest.mark.parametrize("votes", [["Safe", "Violence"], ["Needs Caution", "Needs Caution", "Violence"]])
def test_a_text_its_annotators_do_not_agree_on_is_left_out(votes):
    row = {"text": TEXT} | {f"labels_{number}": vote for number, vote in enumerate(votes)}
    with pytest.raises(RowLeftOut, match="agree"):
        read(row)


def test_wildguard_tells_harm_with_its_subcategory():
    row = {"prompt": TEXT, "prompt_harm_label": "harmful", "subcategory": "sexual_content"}
    assert said(row) == harm("Sexual")


@pytest.mark.parametrize("mask", [[{"label": "EMAIL_1"}, {"label": "USERNAME"}], '[{"label": "EMAIL"}]'])
def test_a_mask_tells_the_kinds_of_personal_data(mask):
    told = said({"source_text": TEXT, "privacy_mask": mask})
    assert told == {"pii": Said(bad=True, categories=frozenset({"Email"}))}


def test_an_empty_mask_is_a_text_without_personal_data():
    assert said({"unmasked_text": TEXT, "privacy_mask": []}) == {"pii": CLEAN}


def test_entities_tell_the_kinds_of_personal_data():
    row = {"text": TEXT, "entities": '[{"entity": "x", "types": ["phone_number"]}]'}
    assert said(row) == {"pii": Said(bad=True, categories=frozenset({"PhoneNumber"}))}


@pytest.mark.parametrize(
    ("record", "layout"),
    [
        ({"prompt": TEXT, "type": "jailbreak"}, None),
        ({"prompt": TEXT, "jailbreak": "True"}, None),
        ({"text": TEXT, "label": 1}, "prompt-injections"),
        ({"text": TEXT, "label": "jailbreak"}, "prompt-injections"),
    ],
)
def test_a_set_of_attacks_tells_nothing_about_personal_data(record, layout):
    assert said(record, layout=layout) == {"prompt_shield": ATTACK}


def test_an_attack_in_a_document_has_the_category_of_documents():
    told = said({"text": TEXT, "label": True, "category": "jailbreak", "origin": "document"})
    assert told["prompt_shield"].categories == {"DocumentAttack"}


@pytest.mark.parametrize("label", [True, 1, "1", "1.0", 1.0, "unsafe", "Harmful", " yes "])
def test_bad_is_spelled_in_many_ways(label):
    assert said({"text": TEXT, "label": label, "category": "Hate"})["content_safety"].bad


@pytest.mark.parametrize("label", [False, 0, "0", 0.0, "safe", "Benign", "FALSE"])
def test_good_is_spelled_in_many_ways(label):
    assert said({"text": TEXT, "label": label}) == dict.fromkeys(CHECKS, CLEAN)


def test_a_column_named_for_the_good_is_turned_round():
    assert said({"text": TEXT, "is_safe": True}) == dict.fromkeys(CHECKS, CLEAN)
    assert said({"text": TEXT, "is_safe": "false", "category": "Hate"})["content_safety"].bad


def test_categories_tell_everything_that_is_in_a_text():
    told = said({"text": TEXT, "label": 1, "category": "Hate, email|ssn"})
    assert told["content_safety"].categories == {"Hate"}
    assert told["pii"].categories == {"Email", "USSocialSecurityNumber"}
    assert told["prompt_shield"] == CLEAN


@pytest.mark.parametrize("nothing", [None, "", "none", []])
def test_categories_alone_are_a_label(nothing):
    assert said({"text": TEXT, "category": nothing}) == dict.fromkeys(CHECKS, CLEAN)
    assert said({"text": TEXT, "category": ["Hate"]})["content_safety"].bad


def test_a_label_can_be_a_category():
    assert said({"text": TEXT, "label": "jailbreak"})["prompt_shield"] == ATTACK


def test_labels_can_be_about_one_check():
    about = Reading(Vocabulary(), CHECKS, about=frozenset({"prompt_shield"}))
    assert said({"text": TEXT, "label": 1}, reading=about) == {"prompt_shield": ATTACK}
    assert said({"text": TEXT, "label": 0}, reading=about) == {"prompt_shield": CLEAN}


def test_stage_and_origin_come_from_the_row_or_from_the_command():
    (sample,) = read({"text": TEXT, "label": 0, "stage": "output"})
    assert (sample.stage, sample.origin) == (Stage.OUTPUT, Origin.ASSISTANT)
    (sample,) = read({"text": TEXT, "label": 0}, reading=Reading(Vocabulary(), CHECKS, origin=Origin.TOOL))
    assert (sample.stage, sample.origin) == (Stage.INPUT, Origin.TOOL)


def test_columns_can_have_any_name():
    reading = Reading(Vocabulary(), CHECKS, columns=Columns(text="words", label="verdict", category="why"))
    told = said({"words": TEXT, "verdict": "bad", "why": "Hate"}, layout="plain", reading=reading)
    assert told["content_safety"].categories == {"Hate"}


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"label": 1}, "no column for the text"),
        ({"text": TEXT}, "no column for the label"),
        ({"text": 7, "label": 1}, "text must be a string"),
        ({"text": TEXT, "label": "perhaps"}, "label must be"),
        ({"text": TEXT, "label": None}, "no column for the label"),
        ({"text": TEXT, "label": 1}, "--about"),
        ({"text": TEXT, "label": 1, "category": "fraud"}, "--category"),
        ({"text": TEXT, "label": 0, "stage": "before"}, "stage must be"),
        ({"text": TEXT, "label": 0, "origin": "robot"}, "origin must be"),
        ({"text": TEXT, "label": 0, "origin": ["user"]}, "origin must be"),
    ],
)
def test_what_cannot_be_understood_is_a_problem_without_the_text(record, problem):
    with pytest.raises(RowProblem, match=problem) as caught:
        read(record, layout="plain")
    assert TEXT not in str(caught.value)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_row_without_a_text_is_left_out(text):
    with pytest.raises(RowLeftOut):
        read({"text": text, "label": 1, "category": "Hate"})


def test_words_get_their_meaning_on_the_command_line():
    reading = Reading(Vocabulary(["fraud=Hate", "Spam="]), CHECKS)
    assert said({"text": TEXT, "label": 1, "category": "Fraud, spam"}, reading=reading)["content_safety"].bad
    with pytest.raises(RowLeftOut):
        read({"text": TEXT, "label": 1, "category": "spam"}, reading=reading)


def test_meanings_that_no_check_has_are_all_told_at_once():
    with pytest.raises(ConfigurationError) as caught:
        Vocabulary(["fraud", "spam=Hatte", "x=Hate"])
    assert len(caught.value.problems) == 2
    assert "did you mean 'Hate'" in caught.value.problems[1]
