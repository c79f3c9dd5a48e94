"""A policy that matches a list which is not there is told with the place of the list's name."""

from guardrails.blocklists.missing import lists_of, missing_lists
from guardrails.blocklists.yaml_form import parse
from guardrails.checks.catalogue import SPECS
from guardrails.policy.compile import compile_policy

ONE = """\
version: 1
policy: one
checks:
  content_safety:
    blocklists: [company-terms,
      codenames]
rules: [{id: r, check: content_safety, category: blocklist, action: block}]
"""
TWO = ONE.replace("policy: one", "policy: two").replace("[company-terms,\n      codenames]", "[codenames]")


def policies(*texts):
    return {policy.ref.name: policy for policy in (compile_policy(text, "f", SPECS) for text in texts)}


def test_lists_are_known_with_the_policies_that_match_them():
    assert lists_of(policies(ONE, TWO)) == {"codenames": ("one", "two"), "company-terms": ("one",)}


def test_each_place_that_names_a_missing_list_is_told():
    files = (parse("name: company-terms\nitems: []\n", "lists/terms.yaml"),)
    told = missing_lists(policies(ONE, TWO), {"one.yaml": ONE, "two.yaml": TWO}, {"code-names"}, files)
    push = "lists/terms.yaml has it: `guardrails blocklist push` makes it"
    at = "checks.content_safety.blocklists"
    assert told == (
        f"one.yaml:5:18: {at}[0]: there is no list 'company-terms' in Azure; {push}",
        f"one.yaml:6:7: {at}[1]: there is no list 'codenames' in Azure (did you mean 'code-names'?)",
        f"two.yaml:5:18: {at}[0]: there is no list 'codenames' in Azure (did you mean 'code-names'?)",
    )


def test_nothing_is_missing_where_all_are_there():
    assert missing_lists(policies(ONE), {"one.yaml": ONE}, {"company-terms", "codenames"}) == ()


def test_a_name_that_no_file_shows_is_told_of_the_policy():
    told = missing_lists(policies(TWO), {"other.yaml": "policy: [\n"}, set())
    assert told == ("policy two: there is no list 'codenames' in Azure",)
