"""Rows for national numbers of the Americas, Asia, Africa and the Pacific.

Category names are those of `PiiCategory` in Azure's LanguageAnalyzeText definition.
"""

from stdnum.ar import dni
from stdnum.au import abn, acn, tfn
from stdnum.br import cnpj, cpf
from stdnum.ca import sin
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.id import nik
from stdnum.il import idnr as il_idnr
from stdnum.in_ import aadhaar, pan
from stdnum.jp import in_ as jp_in
from stdnum.kr import rrn
from stdnum.my import nric
from stdnum.nz import ird
from stdnum.th import pin as th_pin
from stdnum.tr import tckimlik
from stdnum.za import idnr as za_idnr

from guardrails.emulator.detect.identifier_proofs import by
from guardrails.emulator.detect.identifier_rows import row

AMERICAS_AND_PACIFIC = (
    row(
        "BRCPFNumber",
        r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
        "cpf",
        alone=0.95,
        announced=0.98,
        proof=by(cpf),
        needs=".",
    ),
    row("BRCPFNumber", r"[0-9]{11}", "cpf", announced=0.95, proof=by(cpf)),
    row(
        "BRLegalEntityNumber",
        r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}",
        "cnpj",
        alone=0.95,
        announced=0.98,
        proof=by(cnpj),
        needs="/",
    ),
    row("ARNationalIdentityNumber", r"[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}", "dni documento", announced=0.75, proof=by(dni)),
    row(
        "CLIdentityCardNumber",
        r"[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}-[0-9Kk]",
        "rut run",
        alone=0.85,
        announced=0.97,
        proof=by(rut),
        needs="-",
    ),
    row(
        "CASocialInsuranceNumber", r"[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{3}", "sin insurance", announced=0.96, proof=by(sin)
    ),
    row("AUTaxFileNumber", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{2,3}", "tfn", announced=0.96, proof=by(tfn)),
    row("AUBusinessNumber", r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", "abn", announced=0.96, proof=by(abn)),
    row("AUCompanyNumber", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", "acn", announced=0.96, proof=by(acn)),
    row("NZInlandRevenueNumber", r"[0-9]{2,3}[- ]?[0-9]{3}[- ]?[0-9]{3}", "ird", announced=0.95, proof=by(ird)),
    row(
        "INUniqueIdentificationNumber",
        r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}",
        "aadhaar aadhar uidai",
        alone=0.85,
        announced=0.98,
        proof=by(aadhaar),
        needs=" ",
    ),
    row("INUniqueIdentificationNumber", r"[2-9][0-9]{11}", "aadhaar aadhar uidai", announced=0.96, proof=by(aadhaar)),
    row(
        "INPermanentAccount",
        r"[A-Z]{3}[ABCFGHLJPT][A-Z][0-9]{4}[A-Z]",
        "pan",
        alone=0.85,
        announced=0.96,
        proof=by(pan),
    ),
    row(
        "CNResidentIdentityCardNumber",
        r"[0-9]{17}[0-9Xx]",
        "id identity 身份证",
        alone=0.9,
        announced=0.97,
        proof=by(ric),
    ),
    row("IDIdentityCardNumber", r"[0-9]{16}", "nik ktp", announced=0.95, proof=by(nik)),
    row(
        "JPMyNumberPersonal",
        r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}",
        "my mynumber マイナンバー 個人番号",
        announced=0.9,
        proof=by(jp_in),
    ),
    row(
        "KRResidentRegistrationNumber",
        r"[0-9]{6}-[0-9]{7}",
        "rrn resident",
        alone=0.9,
        announced=0.97,
        proof=by(rrn),
        needs="-",
    ),
    row(
        "MYIdentityCardNumber",
        r"[0-9]{6}-[0-9]{2}-[0-9]{4}",
        "nric mykad",
        alone=0.8,
        announced=0.95,
        proof=by(nric),
        needs="-",
    ),
    row("SGNationalRegistrationIdentityCardNumber", r"[STFG][0-9]{7}[A-Z]", "nric fin", announced=0.85),
    row(
        "THPopulationIdentificationCode",
        r"[0-9]-?[0-9]{4}-?[0-9]{5}-?[0-9]{2}-?[0-9]",
        "thai citizen",
        announced=0.95,
        proof=by(th_pin),
    ),
    row("ILNationalID", r"[0-9]{8,9}", "teudat zehut israeli ת", announced=0.9, proof=by(il_idnr)),
    row("TRNationalIdentificationNumber", r"[1-9][0-9]{10}", "kimlik tckn", announced=0.96, proof=by(tckimlik)),
    row("ZAIdentificationNumber", r"[0-9]{13}", "rsa said african identity", announced=0.95, proof=by(za_idnr)),
)
