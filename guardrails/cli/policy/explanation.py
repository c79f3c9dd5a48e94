"""An explanation for people."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from guardrails.cli.terminal import counted

_STYLES: Final = {"block": "bold red", "redact": "yellow", "flag": "cyan", "allow": "green"}
_REVISION: Final = 19
"""`sha256:` and twelve digits are enough to tell two revisions apart."""

Told = Mapping[str, Any]


def show(out: Console, told: Told) -> None:
    """Print one explanation: the verdict, why, every rule on every finding, and what would have let it pass."""
    if "unexplained" in told:
        out.print(f"{told['stage']}: {told['unexplained']}")
        return
    policy, verdict = told["policy"], told["verdict"]
    where = f" by policy {policy['name']}@{policy['revision'][:_REVISION]} at stage {told['stage']}: "
    mode = "" if policy["mode"] == "enforce" else f" (mode {policy['mode']}: nothing is changed)"
    out.print(Text.assemble((verdict, _STYLES.get(verdict, "")), where, told["message"], mode), soft_wrap=True)
    if told["decision"] is not None:
        _decision(out, told["decision"])
    if told["reasons"]:
        out.print(_reasons(told["reasons"]))
    seen = [one for one in told["findings"] if one["measure"] != 0]
    if seen:
        out.print(_findings(seen))
    if len(seen) < len(told["findings"]):
        out.print(
            f"{counted(len(told['findings']) - len(seen), 'finding')} of measure 0 (nothing seen): --json has them."
        )
    if told["omitted"]:
        out.print(f"{told['omitted']} more findings and reasons are not shown.")
    for one in told["redactions"]:
        restored = ", restored in the answer" if one["restore"] else ""
        rules = ", ".join(one["rules"])
        out.print(f"put in its place: {one['with']} at {_at(one)}, by {rules}{restored}", soft_wrap=True)
    if told["would_pass"] is not None:
        _would_pass(out, told["would_pass"])


def _decision(out: Console, decision: Told) -> None:
    since = "changed since" if decision["revision_changed"] else "the same now"
    out.print(
        f"{decision['id']} was decided at {decision['time']} through {decision['door']}: {decision['verdict']}; "
        f"the policy is {since}.",
        soft_wrap=True,
    )
    if not decision["same_verdict"]:
        for reason in decision["reasons"]:
            what = " ".join(str(reason[key]) for key in ("check", "category", "detail") if reason[key])
            out.print(f"  then: {reason['action']} by {reason['rule']} ({what})", soft_wrap=True)
    for note in decision["notes"]:
        out.print(f"  {note}", soft_wrap=True)


def _reasons(reasons: Iterable[Told]) -> Table:
    table = _table("Why", ("", "rule", "file and line", "action", "check", "seen", "measure", "at least", "where"))
    for one in reasons:
        seen = " ".join(str(one[key]) for key in ("category", "detail") if one[key])
        cells = (one["rule"], _place(one), one["action"], one["check"], seen, one["measure"], one["at_least"], _at(one))
        table.add_row("*" if one["decides"] else "", *map(_cell, cells), style=_STYLES.get(one["action"], ""))
    return table


def _findings(findings: Iterable[Told]) -> Table:
    names = ("check", "seen", "measure", "where", "rule", "line", "came to", "at least", "distance", "next")
    table = _table("Every rule on every finding", names)
    for one in findings:
        seen = " ".join(str(one[key]) for key in ("category", "detail") if one[key])
        head = (one["check"], seen, one["measure"], _at(one))
        if not one["rules"]:
            table.add_row(*map(_cell, head), "no rule speaks of it")
        for number, look in enumerate(one["rules"]):
            came_to = " ".join(str(part) for part in (look["action"] or look["outcome"], look["why"]) if part)
            numbers = (look["at_least"], _signed(look["distance"]), look["next_at_least"])
            first = head if number == 0 else (None,) * len(head)
            table.add_row(*map(_cell, (*first, look["rule"], look["line"], came_to, *numbers)))
    return table


def _would_pass(out: Console, passing: Told) -> None:
    out.print(f"It would not have been blocked with ({passing['verdict']} then):")
    for one in passing["changes"]:
        now = "nothing" if one["now"] is None else _cell(one["now"])
        why = f"; {one['why']}" if one["why"] else ""
        out.print(f"  {one['where']}: {_cell(one['needed'])}, now {now}  {_place(one)}{why}", soft_wrap=True)


def _table(title: str, names: Iterable[str]) -> Table:
    return Table(*(Column(name, overflow="fold") for name in names), title=title, title_justify="left")


def _place(one: Told) -> str:
    return "" if one["file"] is None else f"{one['file']}:{one['line']}"


def _at(one: Told) -> str:
    span = one["span"]
    return f"{one['pointer'] or ''}{f' {span[0]}-{span[1]}' if span else ''}"


def _signed(number: float | None) -> str | None:
    return None if number is None else f"{number:+g}"


def _cell(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
