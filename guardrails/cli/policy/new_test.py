"""Explanations as tests: printed, or added to the policy's file, which must still hold then."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guardrails.checks.catalogue import SPECS
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.append_test import append_test
from guardrails.policy.as_test import PolicyTest, Untestable, as_test
from guardrails.policy.bundle import read_folder
from guardrails.policy.compile import compile_all
from guardrails.policy.policy import Policy
from guardrails.policy.positions import read


def tests_of(explanations: Sequence[Mapping[str, Any]], name: str) -> list[PolicyTest]:
    """One test for each explanation, where there is any; `name`, where it is not empty, names them.

    Raises:
        ConfigurationError: one cannot be a test.
    """
    tests = []
    explanations = [told for told in explanations if "verdict" in told] or explanations
    for told in explanations:
        decision = told.get("decision")
        called = name or (f"decision {decision['id']}" if decision else "a text that was explained")
        try:
            tests.append(as_test(called if len(explanations) == 1 else f"{called} ({told['stage']})", told))
        except Untestable as error:
            raise ConfigurationError([f"--as-test: this cannot be a test: {error}"]) from None
    return tests


def add_to(folder: Path, policy: str, tests: Sequence[PolicyTest]) -> Path:
    """Write tests into the file of a policy, whole or not at all; return the file.

    Raises:
        ConfigurationError: no file holds the policy, or it would not compile, or say something else, with the tests.
    """
    texts, file, text = _file_of(folder, policy)
    before = _compiled(texts, policy)
    longer = text
    for test in tests:
        longer = append_test(longer, test)
    after = _compiled({**texts, str(file): longer}, policy)
    if (before.rules, dict(before.checks)) != (after.rules, dict(after.checks)):
        raise ConfigurationError([f"{file}: the tests would change what it says; add them by hand"])
    _replace(file.resolve(), longer, text)
    return file


def _compiled(texts: Mapping[str, str], policy: str) -> Policy:
    compiled = compile_all(texts, SPECS)
    if compiled.problems:
        raise ConfigurationError(compiled.problems)
    return compiled.policies[policy]


def _file_of(folder: Path, policy: str) -> tuple[Mapping[str, str], Path, str]:
    reading = read_folder(folder)
    for shown, text in reading.texts.items():
        value = read(text).value
        if isinstance(value, dict) and value.get("policy") == policy:
            return reading.texts, Path(shown), text
    raise ConfigurationError([*reading.problems, f"{folder}: no file holds the policy {policy!r}"])


def _replace(file: Path, longer: str, expected: str) -> None:
    try:
        if file.read_bytes() != expected.encode():
            raise ConfigurationError([f"{file}: was changed meanwhile"])
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(longer.encode())
                opened.flush()
                os.fsync(opened.fileno())
            shutil.copymode(file, name)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError([f"{file}: cannot be written: {error.strerror}"]) from None
