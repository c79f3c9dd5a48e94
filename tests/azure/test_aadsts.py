"""Entra's numbers in words."""

from guardrails.azure import aadsts


def test_every_number_speaks_of_what_was_configured():
    names = {
        "client_id": "CLIENT",
        "tenant_id": "TENANT",
        "secret": "REFERENCE",
        "scope": "SCOPE",
        "authority": "AUTHORITY",
    }
    for number in aadsts.WORDS:
        words = aadsts.in_words(number, names)
        assert words
        assert "{" not in words
    assert aadsts.in_words("1", names) is None
    assert aadsts.number_in("Microsoft Entra ID error '(invalid_client) AADSTS7000215: Invalid") == "7000215"
    assert aadsts.number_in("nothing") is None
