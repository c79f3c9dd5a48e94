"""How long a replay takes and how much memory: the command itself, in a process of its own, over records of ours."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from bench.records import POLICIES, write

_MIB = 1024


def measure(count: int) -> dict[str, object]:
    """Make `count` records, replay them under a changed policy, and tell times (s), sizes and memory (MiB)."""
    with tempfile.TemporaryDirectory(prefix="guardrails-bench-") as made:
        folder = Path(made)
        decisions = folder / "decisions.jsonl"
        with decisions.open("wb") as file:
            write(file, count)
        policies = _changed(folder / "policies")
        started = time.perf_counter()
        told, usage = _run(["policy", "replay", "--policy", str(policies), "--decisions", str(decisions), "--json"])
        seconds = time.perf_counter() - started
        if told["records"] != count or not told["newly_blocked"]["count"]:
            raise RuntimeError("the replay did not see what was made for it")
        return {
            "records": count,
            "mib_of_json": round(decisions.stat().st_size / _MIB / _MIB),
            "judged_again": told["replayed"],
            "newly_blocked": told["newly_blocked"]["count"],
            "seconds": round(seconds, 1),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
            "records_per_second": round(count / seconds),
            "peak_mib": round(usage.ru_maxrss / _MIB),
        }


def _changed(folder: Path) -> Path:
    """The shipped policies, with harm blocked from 2 where it was 4."""
    folder.mkdir()
    for file in POLICIES.glob("*.yaml"):
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        for rule in document["rules"]:
            if rule["check"] == "content_safety" and rule["action"] == "block":
                rule["at_least"] = 2
        (folder / file.name).write_text(json.dumps(document), encoding="utf-8")
    return folder


def _run(arguments: list[str]) -> tuple[dict[str, Any], resource.struct_rusage]:
    command = [sys.executable, "-m", "guardrails", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 - our own command
    if process.stdout is None or process.stderr is None:
        raise AssertionError("both are pipes")
    printed, complaints = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the replay ended with {process.returncode}: {complaints.decode()}")
    return json.loads(printed), usage
