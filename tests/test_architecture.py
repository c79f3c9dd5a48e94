"""Rules of the house that no linter knows. The layers themselves are import-linter's, in `make check`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "guardrails"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
ENTRY_POINTS = ("guardrails.server.run", "guardrails.cli.main", "guardrails.policy.decide", "guardrails.emulator.serve")


def _name(file: Path) -> str:
    return str(file.relative_to(PACKAGE))


def test_init_files_are_empty():
    assert [_name(file) for file in FILES if file.name == "__init__.py" and file.read_text()] == []


def test_a_file_is_one_room():
    assert [_name(file) for file in FILES if len(file.read_text().splitlines()) >= LONGEST_FILE] == []


def test_a_function_is_one_thought():
    long = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = [part for part in node.body if not _is_docstring(part)]
                if body and (body[-1].end_lineno or 0) - body[0].lineno + 1 > LONGEST_FUNCTION:
                    long.append(f"{_name(file)}:{node.name}")
    assert long == []


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_no_room_is_called_after_nothing():
    banned = {"utils", "util", "common", "core", "helpers", "misc", "v2"}
    assert [_name(file) for file in FILES if banned & {*file.relative_to(PACKAGE).parts[:-1], file.stem}] == []


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_an_entry_point_can_be_imported_alone_and_touches_nothing(module):
    code = f"import {module}, threading; assert threading.active_count() == 1"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_decision_can_be_imported_without_a_network_library():
    code = "import sys, guardrails.policy.decide; assert not {'aiohttp', 'azure', 'structlog'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
