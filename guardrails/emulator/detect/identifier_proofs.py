"""Checks that `python-stdnum` does not have, and the ones it has made total: they answer, they never raise."""

import re
from collections.abc import Callable
from types import ModuleType

from phonenumbers import SUPPORTED_REGIONS
from stdnum import iban, luhn, numdb

_ISSUERS = re.compile(
    r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|3(?:0[0-5]|[689])|6(?:011|4[4-9]|5)"
    r"|35(?:2[89]|[3-8])|62|50|5[6-9]|6[37]"
)
_CARD_LENGTHS = {"3": range(14, 17), "4": range(13, 20), "5": range(16, 17), "2": range(16, 17), "6": range(16, 20)}
_NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_CODON = re.compile(r"[A-Z]{2}[0-9]{7}")
_NON_DIGIT = re.compile(r"\D")

# The tables of these modules are files that are read on first use: read them now, not on a running event loop.
for _table in ("at/fa", "cn/loc", "id/loc", "my/bp"):
    numdb.get(_table)


def by(module: ModuleType) -> Callable[[str], bool]:
    """The module's `is_valid` as a plain predicate of a string."""
    is_valid: Callable[[str], object] = module.is_valid

    def holds(number: str) -> bool:
        return bool(is_valid(number))

    return holds


def is_card(number: str) -> bool:
    """Luhn, a length the issuer uses, an issuer's prefix (ISO/IEC 7812), and not one digit repeated."""
    digits = _NON_DIGIT.sub("", number)
    if _ISSUERS.match(digits) is None or len(digits) not in _CARD_LENGTHS.get(digits[0], ()):
        return False
    return len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def is_iban(number: str) -> bool:
    """Country, national length and form, and the check digits (ISO 13616); not the banks' own check digits."""
    return bool(iban.is_valid(number, check_country=False))


def names_a_country(number: str) -> bool:
    """The fifth and sixth letters of a SWIFT code are a country's (ISO 9362)."""
    return number[4:6] in SUPPORTED_REGIONS


def is_national_insurance_number(number: str) -> bool:
    """United Kingdom: two prefix letters in use, six digits, a suffix A to D (HMRC NIM39110)."""
    return _NINO.fullmatch(re.sub(r"\s", "", number).upper()) is not None


def is_dea_number(number: str) -> bool:
    """United States: the seventh digit is the last of (1st+3rd+5th) + 2*(2nd+4th+6th)."""
    if _CODON.fullmatch(number) is None:
        return False
    d = [int(character) for character in number[2:]]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def is_vehicle_identification_number(number: str) -> bool:
    """ISO 3779 with the North American check digit in the ninth place."""
    values = {
        **{str(n): n for n in range(10)},
        **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)),
    }
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    upper = number.upper()
    if any(character not in values for character in upper):
        return False
    rest = sum(values[character] * weight for character, weight in zip(upper, weights, strict=True)) % 11
    return upper[8] == "0123456789X"[rest]


def is_social_security_number(number: str) -> bool:
    """United States: no area 000, 666 or 9xx, no group 00, no serial 0000 (SSA)."""
    digits = _NON_DIGIT.sub("", number)
    return digits[:3] not in {"000", "666"} and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"
