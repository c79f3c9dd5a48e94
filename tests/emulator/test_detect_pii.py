"""What the PII finders find, what they leave alone, and what hostile text costs them."""

import pytest

from guardrails.emulator.detect.pii import find_candidates, find_entities


def found(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(entity.category, text[entity.start : entity.end]) for entity in find_entities(text, language)]


def confidence_of(text: str, category: str) -> float:
    return next(entity.confidence for entity in find_entities(text) if entity.category == category)


STORAGE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

ONE_ENTITY = [
    ("mail me: alice@example.com.", "Email", "alice@example.com"),
    ("<bob.o'neil+spam@mail.contoso.co.uk>", "Email", "bob.o'neil+spam@mail.contoso.co.uk"),
    ("user=carol@example.org;", "Email", "carol@example.org"),
    ("メールはalice@example.comです", "Email", "alice@example.com"),
    ("راسلني على dana@example.com الآن", "Email", "dana@example.com"),
    ("see https://contoso.com/a?b=c, then", "URL", "https://contoso.com/a?b=c"),
    ("see www.contoso.com/help.", "URL", "www.contoso.com/help"),
    ("from 192.168.10.4 today", "IPAddress", "192.168.10.4"),
    ("from 2001:db8::8a2e:370:7334 today", "IPAddress", "2001:db8::8a2e:370:7334"),
    ("ring (212) 555-2368 now", "PhoneNumber", "(212) 555-2368"),
    ("ring +44 20 7946 0958 now", "PhoneNumber", "+44 20 7946 0958"),
    ("my phone: 4248789192", "PhoneNumber", "4248789192"),
    ("pay with 4111 1111 1111 1111 please", "CreditCardNumber", "4111 1111 1111 1111"),
    ("pay with 378282246310005 please", "CreditCardNumber", "378282246310005"),
    ("no. 12 4111-1111-1111-1111", "CreditCardNumber", "4111-1111-1111-1111"),
    ("to GB82 WEST 1234 5698 7654 32 today", "InternationalBankingAccountNumber", "GB82 WEST 1234 5698 7654 32"),
    ("the password is hunter2.", "Password", "hunter2"),
    ("SWIFT: DEUTDEFF500", "SWIFTCode", "DEUTDEFF500"),
    ("routing number 111000025", "ABARoutingNumber", "111000025"),
    ("My SSN is 859-98-0987", "USSocialSecurityNumber", "859-98-0987"),
    ("ssn 859980987", "USSocialSecurityNumber", "859980987"),
    ("Is 998.214.865-68 your Brazilian CPF number?", "BRCPFNumber", "998.214.865-68"),
    ("NHS number 943 476 5919", "UKNationalHealthNumber", "943 476 5919"),
    ("NI number AB123456C", "UKNationalInsuranceNumber", "AB123456C"),
    ("DNI 54362315K", "ESDNI", "54362315K"),
    ("codice RSSMRA85T10A562S", "ITFiscalCode", "RSSMRA85T10A562S"),
    ("BSN 111222333", "NLCitizensServiceNumber", "111222333"),
    ("PESEL 44051401359", "PLNationalID", "44051401359"),
    ("personnummer 880320-0016", "SENationalID", "880320-0016"),
    ("Aadhaar 2341 2341 2346", "INUniqueIdentificationNumber", "2341 2341 2346"),
    ("TFN 123 456 782", "AUTaxFileNumber", "123 456 782"),
    ("SIN 130 692 544", "CASocialInsuranceNumber", "130 692 544"),
    ("driver's license D1234567", "USDriversLicenseNumber", "D1234567"),
    ("passport number 912803456", "USUKPassportNumber", "912803456"),
    ("DEA AP5836727", "DrugEnforcementAgencyNumber", "AP5836727"),
    ("VIN 1M8GDM9AXKP042788", "VehicleIdentificationNumber", "1M8GDM9AXKP042788"),
    ("signed on 2024-09-01.", "Date", "2024-09-01"),
    ("signed on May 5th, 2021.", "Date", "May 5th, 2021"),
    ("am 12. März 2024 in Bonn", "Date", "12. März 2024"),
    ("born 12 May 1984", "DateOfBirth", "12 May 1984"),
    ("she is 34 years old", "Age", "34 years old"),
    ("a man aged 71 fell", "Age", "71"),
    ("ask Dr. Schmidt-Meyer about it", "Person", "Schmidt-Meyer"),
    ("my name is Xiu Ying.", "Person", "Xiu Ying"),
    ("ask Maria van der Berg about it", "Person", "Maria van der Berg"),
    ("we bought it from Wide World Importers Ltd", "Organization", "Wide World Importers Ltd"),
    ("at 123 Main Street, Springfield, IL 62704", "Address", "123 Main Street, Springfield, IL 62704"),
    ("in der Hauptstraße 12a, 10115 Berlin", "Address", "Hauptstraße 12a, 10115 Berlin"),
    ("au 12 rue de la Paix, 75002 Paris", "Address", "12 rue de la Paix, 75002 Paris"),
    (f"key {STORAGE_KEY}", "AzureStorageAccountKey", STORAGE_KEY),
    (
        (
            f"use "
            f"DefaultEndpointsProtocol=https;AccountName=dev;AccountKey={STORAGE_KEY};EndpointSuffix=core.windows.net "
            f"here"
        ),
        "AzureStorageAccountKey",
        f"DefaultEndpointsProtocol=https;AccountName=dev;AccountKey={STORAGE_KEY};EndpointSuffix=core.windows.net",
    ),
    (
        "conn: Server=db1;Initial Catalog=shop;User ID=sa;Password=Secret123!;Encrypt=True",
        "SQLServerConnectionString",
        "Server=db1;Initial Catalog=shop;User ID=sa;Password=Secret123!;Encrypt=True",
    ),
    (
        "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=c2VjcmV0c2VjcmV0",
        "AzureServiceBusString",
        "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=c2VjcmV0c2VjcmV0",
    ),
    (
        "c1.redis.cache.windows.net:6380,password=c2VjcmV0c2VjcmV0PQ==,ssl=True",
        "AzureRedisCacheString",
        "c1.redis.cache.windows.net:6380,password=c2VjcmV0c2VjcmV0PQ==,ssl=True",
    ),
]


@pytest.mark.parametrize(("text", "category", "value"), ONE_ENTITY)
def test_an_entity_is_found_with_its_exact_span(text: str, category: str, value: str) -> None:
    language = "de" if "März" in text else "en"
    assert (category, value) in found(text, language)


NOTHING = [
    "order 123456789 was shipped",
    "invoice 12345678901 of last week",
    "4111 1111 1111 1112 has a wrong check digit",
    "987654321098765432109876543210",
    "version 1.2.3.4.5 and 10:30",
    "std::vector<int> and a::b",
    "IBAN GB82 WEST 1234 5698 7654 33 is mistyped",
    "not an address: @home or foo@bar",
    "the phone weighs 200 grams",
    "may it rain on 5 farms",
    "000-12-3456 is no number of the SSA",
    "token 1234 5678 9012",
    "PASSPORT RENEWAL takes a while",
    "a SWIFT TRANSFER was made",
    "the password is required",
    "my account was charged for order 123456",
    "the driver delivered order 1234567",
    "Sr Engineer wanted",
    "it will rain in the mark of the art",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_like_personal_data_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_whole_introduction_in_each_language() -> None:
    german = "Ich heiße Jürgen Müller, Tel. 030 901820, Steuer-ID 86095742719"
    assert found(german, "de") == [
        ("Person", "Jürgen Müller"),
        ("PhoneNumber", "030 901820"),
        ("DETaxIdentificationNumber", "86095742719"),
    ]
    french = "Je m'appelle Claire Dubois, 01 42 68 53 00, NIR 2 95 10 99 126 111 93"
    assert found(french, "fr") == [
        ("Person", "Claire Dubois"),
        ("PhoneNumber", "01 42 68 53 00"),
        ("FRSocialSecurityNumber", "2 95 10 99 126 111 93"),
    ]
    spanish = "Me llamo Lucía Pérez, DNI 54362315K, 612 345 678"
    assert found(spanish, "es") == [("Person", "Lucía Pérez"), ("ESDNI", "54362315K"), ("PhoneNumber", "612 345 678")]


def test_the_name_ends_where_the_next_sentence_begins() -> None:
    text = "My name is John Doe My phone number is 424 878 9192"
    assert found(text) == [("Person", "John Doe"), ("PhoneNumber", "424 878 9192")]


def test_confidence_tells_proof_from_look_and_context_raises_it() -> None:
    assert confidence_of("4111 1111 1111 1111", "CreditCardNumber") >= 0.95
    bare = confidence_of("859-98-0987", "USSocialSecurityNumber")
    assert bare < confidence_of("SSN 859-98-0987", "USSocialSecurityNumber")
    assert confidence_of("212-555-2368", "PhoneNumber") < confidence_of("call 212-555-2368", "PhoneNumber")
    assert confidence_of("ask Anna", "Person") < confidence_of("ask Anna Berger", "Person")


def test_an_address_in_a_text_without_spaces_is_covered() -> None:
    text = "x" * 4000 + "alice@example.com" + "y" * 1000
    [(category, value)] = found(text)
    assert category == "Email"
    assert "alice@example.com" in value


def test_addresses_that_touch_are_covered_whole() -> None:
    assert found("a@b.com@c.org end") == [("Email", "a@b.com@c.org")]


def test_every_phone_number_of_a_long_list_is_found() -> None:
    assert len(found("424 878 9192, " * 300)) == 300


def test_entities_never_overlap_although_finders_do() -> None:
    text = "visit https://x.com/?mail=alice@example.com or 4111 1111 1111 1111, exp 09/27"
    assert len(find_candidates(text)) > len(find_entities(text))
    ends = 0
    for entity in find_entities(text):
        assert entity.start >= ends
        ends = entity.end


def test_without_proofs_a_wrong_check_digit_still_counts() -> None:
    text = "the card 4111 1111 1111 1112"
    assert not any(c.category == "CreditCardNumber" for c in find_candidates(text))
    assert any(c.category == "CreditCardNumber" for c in find_candidates(text, proofs=False))


HOSTILE = [
    "a@", "1 ", "12 ", "1", "a", "A ", "a.", "@", "://", "www.", "1.1.", "::", ": ", "A1", "424 878 9192 ", "00 ",
    "+1 ", "=;", "password=", "a=b;", "Server=;", "John ", "1 Main ", "may 5 ", "&a=b", "\u0301", "e\u0301", "👨‍👩‍👧",
    "4111111111111111", "ssn 1 ", "passport A1", "rue de la ", "Inc ", "a.b@c.d.e.", "data ", "AccountKey=a;",
]  # fmt: skip


@pytest.mark.timeout(60)  # a square of its length would take minutes
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_costs_little_more_than_its_length(piece: str) -> None:
    assert find_entities((piece * 5120)[:5120]) is not None


def test_a_page_of_other_numbers_does_not_hide_a_phone_number() -> None:
    text = "912 345 678 1, " * 250 + "+34 612 345 678"
    assert ("PhoneNumber", "+34 612 345 678") in found(text, "es")
