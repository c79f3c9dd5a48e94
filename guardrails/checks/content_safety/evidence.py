"""What Content Safety evidence says about other options than those it was asked with."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from guardrails.domain.asked import Gap, Options, Recast
from guardrails.domain.finding import BLOCKLIST, Finding


def recast(then: Options, now: Options, findings: Sequence[Finding]) -> Recast:
    """Findings of categories and lists that are no longer asked for go; what was not asked for then is a gap."""
    gaps = tuple(_gaps(then, now, findings))
    harms, lists = set(now["categories"]), set(now["blocklists"])
    kept = (
        finding
        for finding in findings
        if (finding.detail in lists if finding.category == BLOCKLIST else finding.category in harms)
    )
    coarser = then["severity_levels"] == "eight" and now["severity_levels"] == "four"
    return Recast(tuple(map(_coarse, kept) if coarser else kept), gaps)


def _gaps(then: Options, now: Options, findings: Sequence[Finding]) -> Iterator[Gap]:
    for harm in sorted({*now["categories"]} - {*then["categories"]}):
        yield Gap(f"it was not asked for {harm}", harm, only_adds=True)
    if {*now["blocklists"]} - {*then["blocklists"]}:
        yield Gap("it was not asked for one of the blocklists", BLOCKLIST, only_adds=True)
    if then["severity_levels"] == "four" and now["severity_levels"] == "eight":
        # Four levels tell the lower of each two of the eight.
        yield Gap("it was asked for four levels of severity, not eight", only_adds=True)
    # Halting leaves the harms of a text that hits a list unjudged. Which texts those were: the ones with a hit.
    hit = any(finding.category == BLOCKLIST for finding in findings)
    if hit and then["halt_on_blocklist_hit"] and (not now["halt_on_blocklist_hit"] or then != now):
        yield Gap("it halted at the hit of a blocklist", only_adds=True)
    if hit and now["halt_on_blocklist_hit"] and not then["halt_on_blocklist_hit"]:
        yield Gap("it did not halt at the hit of a blocklist")


def _coarse(finding: Finding) -> Finding:
    """On the scale of four levels each two neighbours of the eight are the lower one (Azure, harm categories)."""
    if finding.measure is None:
        return finding
    return replace(finding, measure=finding.measure - finding.measure % 2)
