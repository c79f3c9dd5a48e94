"""Rows for money, documents and other numbers that no single country owns, and those of the United States.

Category names are those of `PiiCategory` in Azure's LanguageAnalyzeText definition.
"""

from stdnum.us import itin, rtn

from guardrails.emulator.detect.identifier_proofs import (
    by,
    is_dea_number,
    is_iban,
    is_social_security_number,
    is_vehicle_identification_number,
    names_a_country,
)
from guardrails.emulator.detect.identifier_rows import row

_PASSPORT = "passport passports reisepass pasaporte passeport passaporto passaporte"
_LICENCE = "license licence dl fahrerlaubnis führerschein führerscheinnummer permis conducir patente"

MONEY = (
    row(
        "InternationalBankingAccountNumber",
        r"[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?",
        "iban account konto compte cuenta conto",
        alone=0.96,
        announced=0.99,
        proof=is_iban,
    ),
    row("ABARoutingNumber", r"[0-9]{9}", "aba routing rtn", announced=0.97, proof=by(rtn)),
    row("SWIFTCode", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", "swift bic", announced=0.9, proof=names_a_country),
    row("USBankAccountNumber", r"[0-9]{6,17}", "acct checking", announced=0.6),
    row("USBankAccountNumber", r"[0-9]{6,17}", "account", announced=0.6, needs="ccount number"),
    row("SortCode", r"[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2}", "sort sortcode", announced=0.85),
    row("CVV", r"[0-9]{3,4}", "cvv cvc cvv2 cvc2", announced=0.8),
    row(
        "ExpirationDate",
        r"(?:0[1-9]|1[0-2])\s?/\s?(?:[0-9]{2}|20[0-9]{2})",
        "expires expiry exp expiration valid",
        announced=0.8,
    ),
)


DOCUMENTS = (
    row(
        "USSocialSecurityNumber",
        r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
        "ssn social security",
        alone=0.85,
        announced=0.96,
        proof=is_social_security_number,
        needs="-",
    ),
    row(
        "USSocialSecurityNumber",
        r"[0-9]{3} ?[0-9]{2} ?[0-9]{4}",
        "ssn",
        announced=0.9,
        proof=is_social_security_number,
    ),
    row(
        "USSocialSecurityNumber",
        r"[0-9]{3} ?[0-9]{2} ?[0-9]{4}",
        "social",
        announced=0.9,
        proof=is_social_security_number,
        needs="ecurity",
    ),
    row(
        "USIndividualTaxpayerIdentification",
        r"9[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{4}",
        "itin taxpayer",
        announced=0.95,
        proof=by(itin),
    ),
    row("USDriversLicenseNumber", r"[A-Z][0-9]{4,13}|[0-9]{7,9}|[A-Z]{2}[0-9]{6}[A-Z]?", _LICENCE, announced=0.7),
    row("USUKPassportNumber", r"[A-Z]?[0-9]{8,9}", _PASSPORT, announced=0.7),
    row("PassportNumber", r"(?=[A-Z]*[0-9])[A-Z]{1,2}[0-9A-Z]{6,8}", _PASSPORT, announced=0.65),
    row(
        "DEPassportNumber",
        r"(?=[A-Z]*[0-9])[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9]?",
        "reisepass reisepassnummer",
        announced=0.75,
    ),
    row(
        "DEIdentityCardNumber",
        r"(?=[A-Z]*[0-9])[LMNPRTVWXY][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9]?",
        "personalausweis ausweis ausweisnummer",
        announced=0.75,
    ),
    row(
        "USMedicareBeneficiaryId",
        r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}",
        "medicare mbi",
        announced=0.85,
    ),
    row("DrugEnforcementAgencyNumber", r"[A-Z]{2}[0-9]{7}", "dea", announced=0.95, proof=is_dea_number),
    row(
        "VehicleIdentificationNumber",
        r"[A-HJ-NPR-Z0-9]{17}",
        "vin vehicle chassis fahrgestellnummer",
        announced=0.95,
        proof=is_vehicle_identification_number,
    ),
    row("LicensePlate", r"[A-Z]{1,3}[- ]?[A-Z]{0,2} ?[0-9]{1,4}[A-Z]{0,3}", "plate kennzeichen", announced=0.7),
    row("PIN", r"[0-9]{4,6}", "pin", announced=0.7),
    row("ZipCode", r"[0-9]{5}(?:-[0-9]{4})?", "zip zipcode postcode plz", announced=0.8),
)
