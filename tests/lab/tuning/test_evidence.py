"""Evidence: kept once, kept whole, and without a text."""

import os

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled import INSTRUMENTS, found, sample

from guardrails.domain.content import Origin, Span
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.finding import Finding
from guardrails.lab.tuning.evidence import EvidenceFile, Instrument, key_of
from guardrails.lab.tuning.samples import Said

BAD = Said(bad=True, categories=frozenset({"Email"}))
MAIL = Finding("Email", 0.9, "/text", Span(3, 9), None)
HERE = INSTRUMENTS["pii"]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "evidence.jsonl"


def key(policy, asked=None, instrument=HERE):
    return key_of(policy.checks["pii"], instrument, asked or sample())


def test_what_is_added_is_found_again_by_the_next_run(policy, file):
    with EvidenceFile(file) as first:
        first.add(key(policy), sample(pii=BAD), HERE, found("pii", MAIL, Finding("Email", 0.5, "/text")))
    with EvidenceFile(file) as second:
        (seen,) = second.findings(key(policy), "/text")
        assert (seen.category, seen.measure) == ("Email", 0.9)
        assert not second.claim(key(policy))


def test_a_line_has_hash_label_and_findings_and_no_text(policy, file):
    with EvidenceFile(file) as evidence:
        evidence.add(key(policy), sample("To anna@contoso.com", pii=BAD), HERE, found("pii", MAIL))
    (line,) = file.read_bytes().splitlines()
    assert b"contoso.com" not in line
    assert b"anna" not in line
    row = orjson.loads(line)
    assert (row["label"], row["check"], row["characters"], len(row["text_sha256"])) == (True, "pii", 19, 64)
    assert row["findings"] == [{"category": "Email", "measure": 0.9, "span": [3, 9], "detail": None}]


def test_the_file_is_its_owners_only(policy, file):
    with EvidenceFile(file):
        assert file.stat().st_mode & 0o077 == 0


def test_another_text_option_origin_resource_or_version_is_another_question(policy):
    other = policy.checks["content_safety"]
    keys = {
        key(policy),
        key(policy, sample("Hello!")),
        key(policy, sample(origin=Origin.DOCUMENT)),
        key(policy, instrument=Instrument("emulator", HERE.api_version)),
        key(policy, instrument=Instrument(HERE.source, "2030-01-01")),
        key_of(other, HERE, sample()),
    }
    assert len(keys) == 6


def test_a_label_is_no_part_of_the_question(policy):
    assert key(policy, sample(pii=BAD)) == key(policy, sample(pii=Said(bad=False)))


@given(st.integers(0, 400))
def test_a_file_cut_anywhere_keeps_every_whole_line(tmp_path_factory, cut):
    file = tmp_path_factory.mktemp("cut") / "evidence.jsonl"
    keys = [bytes([number]) * 32 for number in range(3)]
    with EvidenceFile(file) as evidence:
        for one in keys:
            evidence.add(one, sample(), HERE, found("pii", MAIL))
    whole = file.read_bytes()
    os.truncate(file, max(0, len(whole) - cut))
    left = file.read_bytes().count(b"\n")
    with EvidenceFile(file) as evidence:
        assert [evidence.findings(one, "/text") is not None for one in keys] == [number < left for number in range(3)]
        evidence.add(keys[2], sample(), HERE, found("pii"))
    assert all(orjson.loads(line) for line in file.read_bytes().splitlines())


def test_a_claim_is_given_once(evidence):
    assert [evidence.claim(b"a" * 32), evidence.claim(b"a" * 32)] == [True, False]
    evidence.forget_claims()
    assert evidence.claim(b"a" * 32)


def test_two_runs_do_not_write_into_each_other(file):
    with EvidenceFile(file), pytest.raises(ConfigurationError, match="in use"), EvidenceFile(file):
        pass


@pytest.mark.parametrize(
    "line", [b"hello\n", b"[]\n", b"{}\n", b'{"schema_version": 2, "key": "00", "findings": []}\n']
)
def test_a_line_that_is_no_evidence_names_its_place(file, line):
    file.write_bytes(line)
    with pytest.raises(ConfigurationError, match=":1: is no evidence"), EvidenceFile(file):
        pass
    assert file.read_bytes() == line


def test_a_place_that_cannot_be_written_to_is_a_sentence(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be used"), EvidenceFile(tmp_path / "gone" / "evidence.jsonl"):
        pass


def test_a_yes_is_kept_as_a_yes(evidence):
    evidence.add(b"a" * 32, sample(), HERE, found("pii", Finding("blocklist", None, "/text", None, "terms")))
    (seen,) = evidence.findings(b"a" * 32, "/text")
    assert seen.measure is None
