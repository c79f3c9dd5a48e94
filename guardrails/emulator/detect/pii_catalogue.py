"""The PII category names an api-version knows, and what an entity of a newer category is called in an older one.

Source: `PiiCategory` with its `@added` tags in Azure's LanguageAnalyzeText definition.
"""

from guardrails.emulator.detect.scan import word_set

_BASE = """
ABARoutingNumber ARNationalIdentityNumber AUBankAccountNumber AUDriversLicenseNumber AUMedicalAccountNumber
AUPassportNumber AUTaxFileNumber AUBusinessNumber AUCompanyNumber ATIdentityCard ATTaxIdentificationNumber
ATValueAddedTaxNumber AzureDocumentDBAuthKey AzureIAASDatabaseConnectionAndSQLString AzureIoTConnectionString
AzurePublishSettingPassword AzureRedisCacheString AzureSAS AzureServiceBusString AzureStorageAccountKey
AzureStorageAccountGeneric BENationalNumber BENationalNumberV2 BEValueAddedTaxNumber BRCPFNumber BRLegalEntityNumber
BRNationalIDRG BGUniformCivilNumber CABankAccountNumber CADriversLicenseNumber CAHealthServiceNumber
CAPassportNumber CAPersonalHealthIdentification CASocialInsuranceNumber CLIdentityCardNumber
CNResidentIdentityCardNumber CreditCardNumber HRIdentityCardNumber HRNationalIDNumber HRPersonalIdentificationNumber
HRPersonalIdentificationOIBNumberV2 CYIdentityCard CYTaxIdentificationNumber CZPersonalIdentityNumber
CZPersonalIdentityV2 DKPersonalIdentificationNumber DKPersonalIdentificationV2 DrugEnforcementAgencyNumber
EEPersonalIdentificationCode EUDebitCardNumber EUDriversLicenseNumber EUGPSCoordinates
EUNationalIdentificationNumber EUPassportNumber EUSocialSecurityNumber EUTaxIdentificationNumber
FIEuropeanHealthNumber FINationalID FINationalIDV2 FIPassportNumber FRDriversLicenseNumber FRHealthInsuranceNumber
FRNationalID FRPassportNumber FRSocialSecurityNumber FRTaxIdentificationNumber FRValueAddedTaxNumber
DEDriversLicenseNumber DEPassportNumber DEIdentityCardNumber DETaxIdentificationNumber DEValueAddedNumber
GRNationalIDCard GRNationalIDV2 GRTaxIdentificationNumber HKIdentityCardNumber HUValueAddedNumber
HUPersonalIdentificationNumber HUTaxIdentificationNumber INPermanentAccount INUniqueIdentificationNumber
IDIdentityCardNumber InternationalBankingAccountNumber IEPersonalPublicServiceNumber IEPersonalPublicServiceNumberV2
ILBankAccountNumber ILNationalID ITDriversLicenseNumber ITFiscalCode ITValueAddedTaxNumber JPBankAccountNumber
JPDriversLicenseNumber JPPassportNumber JPResidentRegistrationNumber JPSocialInsuranceNumber JPMyNumberCorporate
JPMyNumberPersonal JPResidenceCardNumber LVPersonalCode LTPersonalCode LUNationalIdentificationNumberNatural
LUNationalIdentificationNumberNonNatural MYIdentityCardNumber MTIdentityCardNumber MTTaxIDNumber
NLCitizensServiceNumber NLCitizensServiceNumberV2 NLTaxIdentificationNumber NLValueAddedTaxNumber
NZBankAccountNumber NZDriversLicenseNumber NZInlandRevenueNumber NZMinistryOfHealthNumber NZSocialWelfareNumber
NOIdentityNumber PHUnifiedMultiPurposeIDNumber PLIdentityCard PLNationalID PLNationalIDV2 PLPassportNumber
PLTaxIdentificationNumber PLREGONNumber PTCitizenCardNumber PTCitizenCardNumberV2 PTTaxIdentificationNumber
ROPersonalNumericalCode RUPassportNumberDomestic RUPassportNumberInternational SANationalID
SGNationalRegistrationIdentityCardNumber SKPersonalNumber SITaxIdentificationNumber SIUniqueMasterCitizenNumber
ZAIdentificationNumber KRResidentRegistrationNumber ESDNI ESSocialSecurityNumber ESTaxIdentificationNumber
SQLServerConnectionString SENationalID SENationalIDV2 SEPassportNumber SETaxIdentificationNumber SWIFTCode
CHSocialSecurityNumber TWNationalID TWPassportNumber TWResidentCertificate THPopulationIdentificationCode
TRNationalIdentificationNumber UKDriversLicenseNumber UKElectoralRollNumber UKNationalHealthNumber
UKNationalInsuranceNumber UKUniqueTaxpayerNumber USUKPassportNumber USBankAccountNumber USDriversLicenseNumber
USIndividualTaxpayerIdentification USSocialSecurityNumber UAPassportNumberDomestic UAPassportNumberInternational
Organization Email URL Age PhoneNumber IPAddress Date Person Address
"""
_ADDED = {
    "2025-11-01": (
        "BankAccountNumber DateOfBirth DriversLicenseNumber PassportNumber SortCode VehicleIdentificationNumber"
    ),
    "2026-05-01": (
        "Airport CASocialIdentificationNumber CVV City ExpirationDate GPE GovernmentIssuedId KRDriversLicenseNumber"
        " KRPassportNumber KRSocialSecurityNumber LicensePlate Location NationalId PIN Password State"
        " USMedicareBeneficiaryId ZipCode"
    ),
    "2026-05-15-preview": "Neighborhood VIN",
}
_OLDER_NAMES = {"DateOfBirth": "Date", "ExpirationDate": "Date", "PassportNumber": "USUKPassportNumber"}
_NOT_HEALTH = word_set(
    "Organization ABARoutingNumber SWIFTCode CreditCardNumber InternationalBankingAccountNumber "
    "SQLServerConnectionString USBankAccountNumber SortCode CVV ExpirationDate PIN Password"
)
SPECIAL = frozenset({"All", "Default"})
# An own choice, Azure documents none: these are answered only when asked for by name or with All.
NOT_BY_DEFAULT = frozenset({"ZipCode", "ExpirationDate", "LicensePlate", "City", "State", "GPE", "Location", "Airport"})


def known_categories(api_version: str) -> frozenset[str]:
    """The category names (without All and Default) that a request of `api_version` may use and be answered with."""
    names = _BASE.split()
    for since, added in _ADDED.items():
        if api_version >= since:
            names += added.split()
    return frozenset(names)


def name_in(category: str, known: frozenset[str]) -> str:
    """What `category` is called where only `known` names exist: itself, its older name, or itself, still unknown."""
    return category if category in known else _OLDER_NAMES.get(category, category)


def is_health(category: str) -> bool:
    """Whether `domain: phi` keeps the category. The selection is an own choice: identity and contact yes, money no."""
    return category not in _NOT_HEALTH and not category.startswith("Azure")


def tags_of(category: str, confidence: float) -> list[dict[str, object]]:
    """The `tags` of an entity: numbers are Number and Numeric, everything else is tagged with its own category."""
    if category in {"Date", "DateOfBirth", "ExpirationDate"}:
        return [{"name": "Temporal", "confidenceScore": confidence}, {"name": category, "confidenceScore": confidence}]
    if category.endswith(("Number", "Id", "ID", "DNI", "Code", "Account", "CPFNumber")) and category != "PhoneNumber":
        return [{"name": name, "confidenceScore": 0.8} for name in ("Number", "Numeric")]
    return [{"name": category, "confidenceScore": confidence}]
