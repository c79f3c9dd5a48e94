"""Rows for national numbers of Europe.

Category names are those of `PiiCategory` in Azure's LanguageAnalyzeText definition.
"""

from stdnum.at import tin as at_tin
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.ch import ssn as ch_ssn
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.de import vat as de_vat
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni as es_dni
from stdnum.es import nie, nif
from stdnum.fi import hetu
from stdnum.fr import nir, tva
from stdnum.gb import nhs, utr
from stdnum.gr import vat as gr_vat
from stdnum.hr import oib
from stdnum.hu import anum
from stdnum.ie import pps
from stdnum.it import codicefiscale, iva
from stdnum.lt import asmens
from stdnum.lv import pvn
from stdnum.nl import bsn, btw
from stdnum.no import fodselsnummer
from stdnum.pl import nip, pesel, regon
from stdnum.pt import cc
from stdnum.pt import nif as pt_nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.sk import rc as sk_rc

from guardrails.emulator.detect.identifier_proofs import by, is_national_insurance_number
from guardrails.emulator.detect.identifier_rows import row

_TAX = "tax tin taxpayer steuer steuernummer fiscal fiscale impuesto"

EUROPE = (
    row(
        "UKNationalInsuranceNumber",
        r"[A-Za-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]",
        "nino insurance ni",
        alone=0.85,
        announced=0.97,
        proof=is_national_insurance_number,
    ),
    row("UKNationalHealthNumber", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", "nhs", announced=0.97, proof=by(nhs)),
    row("UKUniqueTaxpayerNumber", r"[0-9]{10}", "utr", announced=0.95, proof=by(utr)),
    row(
        "DETaxIdentificationNumber",
        r"[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        f"{_TAX} steueridentifikationsnummer identifikationsnummer idnr steuerid",
        announced=0.97,
        proof=by(idnr),
    ),
    row(
        "DEValueAddedNumber",
        r"DE ?[0-9]{9}",
        "ust vat umsatzsteuer",
        alone=0.85,
        announced=0.96,
        proof=by(de_vat),
        needs="DE",
    ),
    row("ATTaxIdentificationNumber", r"[0-9]{2}-?[0-9]{3}/?[0-9]{4}", "steuernummer", announced=0.9, proof=by(at_tin)),
    row(
        "FRSocialSecurityNumber",
        r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        "nir sécurité sociale insee",
        alone=0.95,
        announced=0.98,
        proof=by(nir),
    ),
    row(
        "FRValueAddedTaxNumber",
        r"FR ?[0-9A-Z]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        "tva",
        alone=0.85,
        announced=0.96,
        proof=by(tva),
        needs="FR",
    ),
    row("FRTaxIdentificationNumber", r"[0-3][0-9]{12}", "fiscal spi fiscale", announced=0.75),
    row(
        "ESDNI",
        r"[0-9]{8}-?[A-Za-z]|[XYZxyz]-?[0-9]{7}-?[A-Za-z]",
        "dni nie documento",
        alone=0.95,
        announced=0.98,
        proof=lambda n: bool(es_dni.is_valid(n)) or bool(nie.is_valid(n)),
    ),
    row(
        "ESTaxIdentificationNumber",
        r"[A-HJNP-SUVW]-?[0-9]{7}[0-9A-J]",
        "cif nif",
        alone=0.85,
        announced=0.96,
        proof=by(nif),
    ),
    row(
        "ITFiscalCode",
        r"[A-Za-z]{6}[0-9LMNP-V]{2}[A-Za-z][0-9LMNP-V]{2}[A-Za-z][0-9LMNP-V]{3}[A-Za-z]",
        "codice fiscale",
        alone=0.96,
        announced=0.99,
        proof=by(codicefiscale),
    ),
    row("ITValueAddedTaxNumber", r"(?:IT ?)?[0-9]{11}", "iva partita", announced=0.95, proof=by(iva)),
    row(
        "NLCitizensServiceNumber",
        r"[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}",
        "bsn burgerservicenummer sofinummer",
        announced=0.96,
        proof=by(bsn),
    ),
    row(
        "NLValueAddedTaxNumber", r"NL ?[0-9]{9}B[0-9]{2}", "btw", alone=0.85, announced=0.96, proof=by(btw), needs="NL"
    ),
    row("PLNationalID", r"[0-9]{11}", "pesel", announced=0.97, proof=by(pesel)),
    row("PLTaxIdentificationNumber", r"[0-9]{3}-?[0-9]{3}-?[0-9]{2}-?[0-9]{2}", "nip", announced=0.96, proof=by(nip)),
    row("PLREGONNumber", r"[0-9]{9}|[0-9]{14}", "regon", announced=0.95, proof=by(regon)),
    row(
        "SENationalID",
        r"(?:19|20)?[0-9]{6}[-+][0-9]{4}",
        "personnummer personnr",
        alone=0.9,
        announced=0.97,
        proof=by(personnummer),
        needs="-",
    ),
    row("SENationalID", r"(?:19|20)?[0-9]{10}", "personnummer personnr", announced=0.95, proof=by(personnummer)),
    row(
        "NOIdentityNumber", r"[0-9]{6} ?[0-9]{5}", "fødselsnummer personnummer", announced=0.96, proof=by(fodselsnummer)
    ),
    row("DKPersonalIdentificationNumber", r"[0-9]{6}-?[0-9]{4}", "cpr", announced=0.9, proof=by(cpr)),
    row(
        "FINationalID",
        r"[0-9]{6}[-+A][0-9]{3}[0-9A-Y]",
        "henkilötunnus hetu",
        alone=0.95,
        announced=0.98,
        proof=by(hetu),
    ),
    row(
        "BENationalNumber",
        r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}",
        "rijksregisternummer national",
        alone=0.95,
        announced=0.98,
        proof=by(nn),
        needs=".",
    ),
    row(
        "CHSocialSecurityNumber",
        r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}",
        "ahv avs",
        alone=0.96,
        announced=0.98,
        proof=by(ch_ssn),
        needs="756.",
    ),
    row(
        "PTTaxIdentificationNumber",
        r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        "nif contribuinte",
        announced=0.95,
        proof=by(pt_nif),
    ),
    row("PTCitizenCardNumber", r"[0-9]{8} ?[0-9] ?[A-Z]{2}[0-9]", "cidadão cartão", announced=0.95, proof=by(cc)),
    row("IEPersonalPublicServiceNumber", r"[0-9]{7}[A-W][A-IW]?", "pps ppsn", announced=0.96, proof=by(pps)),
    row("HRPersonalIdentificationNumber", r"[0-9]{11}", "oib", announced=0.95, proof=by(oib)),
    row("BGUniformCivilNumber", r"[0-9]{10}", "егн egn", announced=0.95, proof=by(egn)),
    row("CZPersonalIdentityNumber", r"[0-9]{6}/[0-9]{3,4}", "rodné rč", announced=0.95, proof=by(rc)),
    row("SKPersonalNumber", r"[0-9]{6}/[0-9]{3,4}", "rodné slovak", announced=0.94, proof=by(sk_rc)),
    row("EEPersonalIdentificationCode", r"[0-9]{11}", "isikukood", announced=0.95, proof=by(ik)),
    row("LTPersonalCode", r"[0-9]{11}", "asmens", announced=0.95, proof=by(asmens)),
    row("LVPersonalCode", r"[0-9]{6}-?[0-9]{5}", "personas kods", announced=0.9, proof=by(pvn)),
    row("ROPersonalNumericalCode", r"[0-9]{13}", "cnp", announced=0.95, proof=by(cnp)),
    row("SIUniqueMasterCitizenNumber", r"[0-9]{13}", "emšo emso", announced=0.95, proof=by(emso)),
    row("GRTaxIdentificationNumber", r"[0-9]{9}", "αφμ afm", announced=0.95, proof=by(gr_vat)),
    row("HUTaxIdentificationNumber", r"[0-9]{8}(?:-[0-9]-[0-9]{2})?", "adószám", announced=0.9, proof=by(anum)),
)
