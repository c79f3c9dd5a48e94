"""The categories of PII that Azure AI Language knows, by the api-version that brought them.

Source: Azure/azure-rest-api-specs, LanguageAnalyzeText/models/pii.entity.recognition.tsp, and the enumerations of
azure-ai-textanalytics 6.0.0b3.
"""

from typing import Final

SELECTORS: Final = frozenset({"All", "Default"})
"""What may stand in a request's list beside names: all categories, or those the service looks for by default."""

SINCE_2022_05_01: Final = frozenset(
    """
    ABARoutingNumber ARNationalIdentityNumber AUBankAccountNumber AUDriversLicenseNumber AUMedicalAccountNumber
    AUPassportNumber AUTaxFileNumber AUBusinessNumber AUCompanyNumber ATIdentityCard ATTaxIdentificationNumber
    ATValueAddedTaxNumber AzureDocumentDBAuthKey AzureIAASDatabaseConnectionAndSQLString AzureIoTConnectionString
    AzurePublishSettingPassword AzureRedisCacheString AzureSAS AzureServiceBusString AzureStorageAccountKey
    AzureStorageAccountGeneric BENationalNumber BENationalNumberV2 BEValueAddedTaxNumber BRCPFNumber
    BRLegalEntityNumber BRNationalIDRG BGUniformCivilNumber CABankAccountNumber CADriversLicenseNumber
    CAHealthServiceNumber CAPassportNumber CAPersonalHealthIdentification CASocialInsuranceNumber
    CLIdentityCardNumber CNResidentIdentityCardNumber CreditCardNumber HRIdentityCardNumber HRNationalIDNumber
    HRPersonalIdentificationNumber HRPersonalIdentificationOIBNumberV2 CYIdentityCard CYTaxIdentificationNumber
    CZPersonalIdentityNumber CZPersonalIdentityV2 DKPersonalIdentificationNumber DKPersonalIdentificationV2
    DrugEnforcementAgencyNumber EEPersonalIdentificationCode EUDebitCardNumber EUDriversLicenseNumber
    EUGPSCoordinates EUNationalIdentificationNumber EUPassportNumber EUSocialSecurityNumber
    EUTaxIdentificationNumber FIEuropeanHealthNumber FINationalID FINationalIDV2 FIPassportNumber
    FRDriversLicenseNumber FRHealthInsuranceNumber FRNationalID FRPassportNumber FRSocialSecurityNumber
    FRTaxIdentificationNumber FRValueAddedTaxNumber DEDriversLicenseNumber DEPassportNumber DEIdentityCardNumber
    DETaxIdentificationNumber DEValueAddedNumber GRNationalIDCard GRNationalIDV2 GRTaxIdentificationNumber
    HKIdentityCardNumber HUValueAddedNumber HUPersonalIdentificationNumber HUTaxIdentificationNumber
    INPermanentAccount INUniqueIdentificationNumber IDIdentityCardNumber InternationalBankingAccountNumber
    IEPersonalPublicServiceNumber IEPersonalPublicServiceNumberV2 ILBankAccountNumber ILNationalID
    ITDriversLicenseNumber ITFiscalCode ITValueAddedTaxNumber JPBankAccountNumber JPDriversLicenseNumber
    JPPassportNumber JPResidentRegistrationNumber JPSocialInsuranceNumber JPMyNumberCorporate JPMyNumberPersonal
    JPResidenceCardNumber LVPersonalCode LTPersonalCode LUNationalIdentificationNumberNatural
    LUNationalIdentificationNumberNonNatural MYIdentityCardNumber MTIdentityCardNumber MTTaxIDNumber
    NLCitizensServiceNumber NLCitizensServiceNumberV2 NLTaxIdentificationNumber NLValueAddedTaxNumber
    NZBankAccountNumber NZDriversLicenseNumber NZInlandRevenueNumber NZMinistryOfHealthNumber
    NZSocialWelfareNumber NOIdentityNumber PHUnifiedMultiPurposeIDNumber PLIdentityCard PLNationalID
    PLNationalIDV2 PLPassportNumber PLTaxIdentificationNumber PLREGONNumber PTCitizenCardNumber
    PTCitizenCardNumberV2 PTTaxIdentificationNumber ROPersonalNumericalCode RUPassportNumberDomestic
    RUPassportNumberInternational SANationalID SGNationalRegistrationIdentityCardNumber SKPersonalNumber
    SITaxIdentificationNumber SIUniqueMasterCitizenNumber ZAIdentificationNumber KRResidentRegistrationNumber
    ESDNI ESSocialSecurityNumber ESTaxIdentificationNumber SQLServerConnectionString SENationalID SENationalIDV2
    SEPassportNumber SETaxIdentificationNumber SWIFTCode CHSocialSecurityNumber TWNationalID TWPassportNumber
    TWResidentCertificate THPopulationIdentificationCode TRNationalIdentificationNumber UKDriversLicenseNumber
    UKElectoralRollNumber UKNationalHealthNumber UKNationalInsuranceNumber UKUniqueTaxpayerNumber
    USUKPassportNumber USBankAccountNumber USDriversLicenseNumber USIndividualTaxpayerIdentification
    USSocialSecurityNumber UAPassportNumberDomestic UAPassportNumberInternational Organization Email URL Age
    PhoneNumber IPAddress Date Person Address
    """.split()  # noqa: SIM905 - two hundred words read better than two hundred lines
)
"""Of every api-version in use."""

SINCE_2025_11_01: Final = frozenset(
    """
    BankAccountNumber DateOfBirth DriversLicenseNumber PassportNumber SortCode VehicleIdentificationNumber
    """.split()  # noqa: SIM905 - two hundred words read better than two hundred lines
)
"""Need 2025-11-01."""

SINCE_2026_05_01: Final = frozenset(
    """
    Airport CASocialIdentificationNumber CVV City ExpirationDate GPE GovernmentIssuedId KRDriversLicenseNumber
    KRPassportNumber KRSocialSecurityNumber LicensePlate Location NationalId PIN Password State
    USMedicareBeneficiaryId ZipCode
    """.split()  # noqa: SIM905 - two hundred words read better than two hundred lines
)
"""Need 2026-05-01."""

PREVIEW_ONLY: Final = frozenset(
    """
    Neighborhood VIN
    """.split()  # noqa: SIM905 - two hundred words read better than two hundred lines
)
"""Need a preview of 2026."""

CATEGORIES: Final = SINCE_2022_05_01 | SINCE_2025_11_01 | SINCE_2026_05_01 | PREVIEW_ONLY
"""Every category a finding can have."""

NEWEST: Final = "api-version 2026-05-01"
"""The release that brought most."""
_BROUGHT: Final = (
    (PREVIEW_ONLY, "a preview of 2026"),
    (SINCE_2026_05_01, NEWEST),
    (SINCE_2025_11_01, "api-version 2025-11-01"),
)


def known_since(name: str) -> str:
    """What it takes to ask for a category, as a person would say it; empty where every api-version knows it."""
    return next((since for names, since in _BROUGHT if name in names), "")


def knows(api_version: str, since: str) -> bool:
    """Whether an api-version (`2025-11-01`, `2026-05-15-preview`) has what takes this much."""
    if since.startswith("a preview"):
        return api_version.startswith("2026") and api_version.endswith("preview")
    return api_version[:10] >= since.removeprefix("api-version ")
