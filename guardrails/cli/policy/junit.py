"""Results of policy tests as JUnit XML, which every CI reads."""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from guardrails.policy.compile import Source
from guardrails.policy.suite import Outcome


def junit(sources: Sequence[Source], results: Mapping[str, Sequence[Outcome]]) -> bytes:
    """One suite for each policy, one case for each test."""
    root = ET.Element("testsuites")
    for source in sources:
        outcomes = results[source.file]
        failures = sum(outcome.problem is not None for outcome in outcomes)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=source.policy.ref.name,
            tests=str(len(outcomes)),
            failures=str(failures),
            errors="0",
            skipped="0",
        )
        for outcome in outcomes:
            case = ET.SubElement(suite, "testcase", classname=source.policy.ref.name, name=_plain(outcome.name))
            if outcome.problem is not None:
                told = source.tree.problem(*outcome.problem).at(source.file)
                ET.SubElement(case, "failure", message=_plain(told))
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _plain(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(character if character.isprintable() else "?" for character in text)
