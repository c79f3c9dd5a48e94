"""The words that labelled data uses for what our checks call a category."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from guardrails.checks.catalogue import SPECS
from guardrails.checks.prompt_shield.check import DOCUMENT_ATTACK, PROMPT_ORIGINS, USER_PROMPT_ATTACK
from guardrails.domain.content import Origin
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.near import hint

SHIELD: Final = "prompt_shield"
HARM: Final = "content_safety"
PERSONAL: Final = "pii"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A check and one of its categories; None where the word names the whole check."""

    check: str
    category: str | None


NOTHING: Final = frozenset({"", "none", "null", "safe", "benign", "clean", "na", "nan", "unharmful", "o", "[]"})
"""What stands in a category column of a text without one."""

_NOT_WORD: Final = re.compile(r"[\W_]+")

# Content Safety's documentation ("Harm categories") counts harassment as hate, weapons, threats and terrorism as
# violence, and what is done to children as sexual.
_SYNONYMS: Final[Mapping[Meaning, str]] = {
    Meaning(HARM, "Hate"): """
        H H2 HR hate_speech hateful hate/threatening hate/identity_hate harassment harassment/threatening identity_hate
        hate_speech,offensive_language discrimination,stereotype,injustice toxic_language_hate_speech
        social_stereotypes_and_unfair_discrimination insult""",
    Meaning(HARM, "Sexual"): """
        S S3 sexual_content sexual/minors sexual_minor sexual_(minor) child_abuse sexually_explicit
        sexually_explicit,adult_content""",
    Meaning(HARM, "Violence"): """
        V V2 violent violence/graphic violence_and_physical_harm threat violence,aiding_and_abetting,incitement
        terrorism,organized_crime guns_and_illegal_weapons guns/illegal_weapons""",
    Meaning(HARM, "SelfHarm"): """
        SH selfharm self-harm self-harm/intent self-harm/instructions suicide suicide_and_self_harm""",
    Meaning(HARM, None): "toxicity toxic harm harmful harmfulness",
    Meaning(SHIELD, None): """
        attack jailbreak jailbreaking injection prompt_injection prompt_attack adversarial malicious
        indirect_prompt_injection""",
    Meaning(PERSONAL, None): """
        personal_data personally_identifiable_information PII/privacy privacy privacy_violation
        private_information_individual""",
    Meaning(PERSONAL, "Person"): """
        name first_name last_name middle_name given_name surname full_name family_name""",
    Meaning(PERSONAL, "Email"): "email_address e-mail mail",
    Meaning(PERSONAL, "PhoneNumber"): "phone tel telephone telephonenum telephone_number mobile phone_num fax",
    Meaning(PERSONAL, "CreditCardNumber"): "credit_card card card_number credit_debit_card",
    Meaning(PERSONAL, "USSocialSecurityNumber"): "ssn social_num social_number social_security_number us_ssn",
    Meaning(PERSONAL, "InternationalBankingAccountNumber"): "iban",
    Meaning(PERSONAL, "IPAddress"): "ip ipv ipv4 ipv6",
    Meaning(PERSONAL, "Address"): "street street_address building building_num secondary_address postal_address",
    Meaning(PERSONAL, "URL"): "url website link",
    Meaning(PERSONAL, "Date"): "date date_time",
    Meaning(PERSONAL, "DateOfBirth"): "dob bod birthdate date_of_birth birthday",
    Meaning(PERSONAL, "Organization"): "company company_name organisation",
    Meaning(PERSONAL, "PassportNumber"): "passport passport_num",
    Meaning(PERSONAL, "DriversLicenseNumber"): "driver_license driver_license_num driverlicense drivers_license",
    Meaning(PERSONAL, "NationalId"): "id_card id_card_num national_id",
    Meaning(PERSONAL, "BankAccountNumber"): "account_number account_num bank_account",
    Meaning(PERSONAL, "SWIFTCode"): "bic swift",
    Meaning(PERSONAL, "VehicleIdentificationNumber"): "vehicle_vin vin",
    Meaning(PERSONAL, "LicensePlate"): "vehicle_vrm license_plate",
    Meaning(PERSONAL, "Password"): "pass password",
    Meaning(PERSONAL, "ZipCode"): "zip postcode post_code",
    Meaning(PERSONAL, "CVV"): "credit_card_cvv cvv",
    Meaning(PERSONAL, "City"): "city",
    Meaning(PERSONAL, "State"): "state",
}


def fold(word: str) -> str:
    """Case and everything between letters and digits do not count."""
    return _NOT_WORD.sub("", word).casefold()


def _known() -> dict[str, Meaning]:
    words = {fold(word): meaning for meaning, line in _SYNONYMS.items() for word in line.split()}
    for spec in SPECS.values():
        words[fold(spec.name)] = Meaning(spec.name, None)
        words.update({fold(category): Meaning(spec.name, category) for category in spec.categories})
    return words


_WORDS: Final = _known()


class Vocabulary:
    """Meanings of words: the shipped ones, and those of the command line, which win.

    Args:
        said: `WORD=CATEGORY` each, or `WORD=` for a word that means none of our categories.

    Raises:
        ConfigurationError: one of them is no such pair, or names a category that no check has.
    """

    def __init__(self, said: Iterable[str] = ()) -> None:
        self._own: dict[str, Meaning | None] = {}
        problems: list[str] = []
        for pair in said:
            word, equals, category = pair.partition("=")
            meaning = _WORDS.get(fold(category))
            if not equals or not word.strip():
                problems.append(f"--category {pair}: must be WORD=CATEGORY")
            elif category.strip() and meaning is None:
                names = (name for spec in SPECS.values() for name in spec.categories)
                problems.append(f"--category {pair}: no check has this category{hint(category, names)}")
            self._own[fold(word)] = meaning
        if problems:
            raise ConfigurationError(problems)

    def meaning(self, word: str) -> Meaning | None:
        """What a word of the data means, or None for something that none of our checks looks for."""
        key = fold(word)
        return self._own[key] if key in self._own else _WORDS.get(key)

    def knows(self, word: str) -> bool:
        """Whether somebody said what the word means, or that it means nothing here."""
        key = fold(word)
        return key in self._own or key in _WORDS


def attack_category(origin: Origin) -> str:
    """The category Prompt Shield reports an attack under in a text of this origin."""
    return USER_PROMPT_ATTACK if origin in PROMPT_ORIGINS else DOCUMENT_ATTACK
