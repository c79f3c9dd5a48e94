"""The page and the pictures: nothing from outside, nothing unescaped, no text."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import orjson
import pytest
from labelled import sample

from guardrails.checks.catalogue import SPECS
from guardrails.domain.finding import Finding
from guardrails.lab.tuning.advice import Wanted, advise
from guardrails.lab.tuning.document import Run, document, met
from guardrails.lab.tuning.questions import Estimate
from guardrails.lab.tuning.reading import Notes
from guardrails.lab.tuning.report import page, pictures, write
from guardrails.lab.tuning.samples import CLEAN, Said
from guardrails.lab.tuning.scores import MAX_PLACES, Result
from guardrails.lab.tuning.subjects import subjects

SECRET = "what nobody else should read"
HATE = Said(bad=True, categories=frozenset({"Hate"}))
FILE = "da<ta> & 'more'.jsonl"


@pytest.fixture(scope="module")
def advised(policy):
    results = [Result(subject) for subject in subjects(policy, SPECS)]
    for result in results:
        said = Said(bad=True, categories=result.subject.wanted)
        for number in range(120):
            is_bad = number % 3 == 0
            measure = (6 if is_bad else number % 5) if result.subject.unit == "severity" else (0.9 if is_bad else 0.4)
            findings = (Finding(min(result.subject.wanted), measure if result.subject.unit else None, "/text"),)
            one = sample(SECRET, line=number + 2, **{result.subject.check: said if is_bad else CLEAN})
            result.take(one, is_bad, findings if is_bad or number % 2 else ())
    return [(result, advise(result, Wanted(precision=0.9))) for result in results]


@pytest.fixture(scope="module")
def told(policy, advised):
    run = Run(
        policy=policy,
        files=[FILE],
        emulated=False,
        moment=datetime(2026, 1, 2, tzinfo=UTC),
        wanted=Wanted(precision=0.9),
        notes=Notes(rows=120, layouts={0: "plain"}),
        estimate=Estimate(samples=120),
        calls=360,
        throttled=2,
        failed={("pii", "bad_response"): 3},
    )
    return document(run, advised, None)


@pytest.fixture(scope="module")
def drawn(advised):
    return pictures(advised)


@pytest.fixture(scope="module")
def html(told, drawn):
    return page(told, drawn)


def test_the_page_loads_nothing(html):
    addresses = re.findall(r"(?:src|href|srcset|action|data)\s*=\s*[\"']([^\"']+)", html)
    assert addresses
    assert all(address.startswith(("#", "data:,")) for address in addresses)
    assert "<script" not in html
    assert "@import" not in html
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]+)\)", html))


def test_the_page_and_its_data_hold_no_text(html, told):
    assert SECRET not in html
    assert SECRET.encode() not in orjson.dumps(told)


def test_what_comes_from_outside_is_escaped(html):
    assert "da&lt;ta&gt; &amp; &#39;more&#39;.jsonl" in html
    assert "<ta>" not in html


def test_no_id_is_there_twice_and_every_reference_has_one(html):
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    used = [target for pair in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html) for target in pair if target]
    assert set(used) <= set(ids)


def test_every_rule_is_in_the_data_with_every_threshold(told, policy):
    assert [rule["name"] for rule in told["rules"]] == [rule.id for rule in policy.rules]
    harm = next(rule for rule in told["rules"] if rule["name"] == "harm")
    assert [point["at_least"] for point in harm["thresholds"]] == [1, 2, 3, 4, 5, 6, 7]
    for point in harm["thresholds"]:
        assert {"precision", "recall", "f1", "f1_interval", "false_positive_rate"} <= point.keys()
    assert sum(score["good"] + score["bad"] for score in harm["scores"]) == 120


def test_errors_are_lines_of_files(told):
    harm = next(rule for rule in told["rules"] if rule["name"] == "harm")
    lines = harm["false_positives"]["lines"][FILE]
    assert len(lines) == harm["false_positives"]["count"]
    assert lines == sorted(lines)
    assert min(lines) >= 2


def test_more_errors_than_are_listed_are_still_counted(policy):
    result = Result(next(subject for subject in subjects(policy, SPECS) if subject.name == "harm"))
    for number in range(MAX_PLACES + 5):
        result.take(sample(line=number, content_safety=CLEAN), is_bad=False, findings=(Finding("Hate", 6, "/text"),))
    assert len(result.false_positives) == MAX_PLACES
    assert result.confusion.false_positives == MAX_PLACES + 5


def test_pictures_are_files_of_their_kind(told, advised, drawn, tmp_path):
    write(tmp_path, told, drawn)
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert len(names) == 2 * len({name.rpartition(".")[0] for name in names}) == 2 * len(advised)
    for path in (tmp_path / "plots").glob("*.svg"):
        root = ET.fromstring(path.read_text())  # noqa: S314 - written by us
        assert root.tag.endswith("svg")
    for path in (tmp_path / "plots").glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 10_000
    assert orjson.loads((tmp_path / "report.json").read_bytes()) == orjson.loads(orjson.dumps(told))


def test_a_rule_that_cannot_be_judged_does_not_count_against_what_is_wanted(policy):
    empty = [advise(Result(subject), Wanted(precision=0.9)) for subject in subjects(policy, SPECS)]
    assert met(empty) is None


def test_what_is_wanted_is_met_when_every_judged_rule_does(advised):
    with_threshold = [advice for result, advice in advised if result.subject.thresholds]
    assert met(with_threshold) is True
    assert met(advice for _, advice in advised) is False  # yes-or-no rules have wrong hits that no threshold takes away
