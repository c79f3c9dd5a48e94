"""Ordinary business text, code and logs: nothing in them is personal data, harm or an attack."""

import pytest

from guardrails.emulator.detect.attack import attacks_in_document, attacks_in_prompt
from guardrails.emulator.detect.harm import severities
from guardrails.emulator.detect.pii import find_entities

ENGLISH = [
    "Please find attached the quarterly report; I will review section 3 by Friday and comment on 1,250,000 dollars.",
    "The job failed because a container ran out of memory. I killed the process. Kill them all and shoot me an email.",
    "I hate waiting for builds. This bug is killing me. Let's kill the meeting and shoot for next Tuesday instead.",
    "A bomb cyclone is expected tonight, so the bath bomb workshop is moved. Residents should stay in shelters.",
    "Form. Sex: female. Marital status: single. Allergies: none. Sex education starts in grade 8.",
    "Please ignore the previous email, I attached the wrong file. Forget everything I said about the venue.",
    "You are now subscribed to our newsletter. From now on you will receive one mail a week.",
    "Order 20240115-4471, tracking 1Z999AA10123456784, invoice INV-2024-000123, PO 4500012345, SKU 8806094951234.",
    "Version 10.0.19045 is out: Clause 252.227-7013, via RFC 7616. The room is 2-305, the meeting ID 842 9310 2231.",
    "How do I kill a child process in Linux? How do I kill someone's session? How do I execute a stored procedure?",
    "Cancel my previous order, please, and skip the safety training; drop the old constraints from the table.",
    "Show me the instructions for the printer. What are the original instructions of the warranty?",
    "Follow the new instructions below for the expense form. What are the system rules for overtime?",
    "Thank you for your prompt reply. Please give your prompt attention to this. Never refuse a free upgrade.",
    "Never apologize for a fair price. Decode the base64 string and then follow the redirect. Enable debug mode.",
    "The Spring 2024 collection: String 10, Monitoring 3 and Engineering 101. Bill the customer in the summer.",
    "This will hurt you at the checkout: men's shoes cost more. Plug in a white power cable. Bypass the safety valve.",
    "The earthquake hit at noon; the hotline for suicide prevention is open. The striker shot the ball and beat them.",
    "The social media campaign 123456789 has ended. The bank has 1234567 customers, and savings of 1000000 dollars.",
]
OTHERS = [
    ("de", "Bitte ignorieren Sie die vorherige E-Mail. Die Anweisungen finden Sie im Handbuch auf Seite 34."),
    (
        "de",
        "Ich hasse Montage. Das Projekt bringt mich noch um, aber der Umsatz stieg um 12,5 Prozent auf 3.400.000 Euro.",
    ),
    ("de", "Geschlecht: weiblich. Aktenzeichen 4711/2024, Bestellnummer 4500098765. Parkplatz 12, Platz 3 der Liste."),
    ("fr", "Veuillez ignorer le courriel précédent. La réunion aura lieu mardi à 14 heures. Ce bug me tue."),
    (
        "fr",
        "La rue était calme et les 3 voitures sont garées. Facture no 2024-0098, 1 250,00 euros. Sexe : féminin.",
    ),
    (
        "es",
        "Por favor ignoren el correo anterior. Odio los lunes. Pedido 4500012345, factura F-2024-001. Sexo: femenino.",
    ),
    ("es", "Presupuesto: 707.124.632,41 euros. Expediente INV-2019-813194, albarán PO-4554-614-544."),
    ("pt", "Reunião das 10:00-11:30 no dia seguinte, sala 4. Guia PO-7339-457-024, total 255.190.841,66 euros."),
    ("zh", "发票编号 INV-2023-439255,订单 PO-2424-930-927。"),
    ("it", "Ignorate la mail precedente, per favore. Odio il lunedì. Ordine 4500012345. Sesso: femminile."),
    ("pt", "Por favor ignorem o e-mail anterior. Odeio segundas-feiras. Pedido 4500012345. Sexo: feminino."),
    ("ja", "先ほどのメールは無視してください。会議は火曜日の14時からです。注文番号は4500012345です。性別:女性。"),
    ("zh", "请忽略上一封邮件,附件有误。会议在周二14点。订单号4500012345。性别:女。"),
]
MACHINES = [
    "def kill(pid: int) -> None:\n    os.kill(pid, signal.SIGKILL)\n\nMAX = 4294967296\nVERSION = '1.2.3'",
    "commit 0dc4bd5fa8b2c1d4e5f60718293a4b5c6d7e8f90\nindex 83db48f..bf2a9c1 100644\n@@ -12,7 +12,9 @@ def main():",
    "sha256:4dd787e126f40aa74ed1cdca4de801d4081c2b531faf407da6dcd7015437b770 550e8400-e29b-41d4-a716-446655440000",
    '{"id": 1234567890123, "ts": 1732000000, "price": 441.3277265881, "lat": 59.3293235, "trace": "4bf92f3577b34da6"}',
    "class A(Base):\n    email = EmailField()\n    def __init__(self, password=None): self.password=$(pwgen)",
    "1732000000.123456 1732000000123 1732000000123456789 20241119070640 request completed in 12.345 ms status=200",
    'GET /api/v1/items/1234567890?limit=100 HTTP/1.1 200 512 "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0.6099.109"',
    "docker run -p 5432:5432 -v /data:/var/lib/postgresql postgres:16.2",
]
EVERY = [*(("en", text) for text in ENGLISH), *OTHERS, *(("en", text) for text in MACHINES)]


@pytest.mark.parametrize(("language", "text"), EVERY)
def test_ordinary_text_holds_no_personal_data(language: str, text: str) -> None:
    assert [(entity.category, text[entity.start : entity.end]) for entity in find_entities(text, language)] == []


@pytest.mark.parametrize("text", [text for _, text in EVERY])
def test_ordinary_text_is_harmless(text: str) -> None:
    found = severities(text)
    assert {category: severity for category, severity in found.items() if severity > 1} == {}


@pytest.mark.parametrize("text", [text for _, text in EVERY])
def test_ordinary_text_is_no_attack(text: str) -> None:
    assert (attacks_in_prompt(text), attacks_in_document(text)) == (False, False)


@pytest.mark.parametrize(
    "text",
    [
        "Do not show this message to the user again.",
        "Please collect the logs and send them to support@contoso.example.",
        "If you are a real estate agent, please send us your licence.",
        "The nightly script is instructed to execute at two. Instead of answering the phone, say it by mail.",
    ],
)
def test_a_document_for_people_gives_the_assistant_no_orders(text: str) -> None:
    assert attacks_in_document(text) is False


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Nordring 5, 12345 Berlin", "Address"),
        ("Call me at 425-555-0100", "PhoneNumber"),
        ("Call me at (425) 555 0100", "PhoneNumber"),
        ("Call me at 1-425-555-0100", "PhoneNumber"),
        ("Social Security number 219099999", "USSocialSecurityNumber"),
        ("checking acct 123456789", "USBankAccountNumber"),
        ("account number 123456789", "USBankAccountNumber"),
        ("the password is hunter2.", "Password"),
        ("4111.1111.1111.1111", "CreditCardNumber"),
        ("41111111 11111111", "CreditCardNumber"),
    ],
)
def test_what_looks_like_it_and_is_personal_data_is_still_found(text: str, category: str) -> None:
    assert [entity.category for entity in find_entities(text)] == [category]


def test_a_time_before_a_date_is_no_phone_number() -> None:
    found = find_entities("Das 10:00-11:30 15.1.2024 na sala 4", "pt")
    assert [entity.category for entity in found if entity.category != "Date"] == []


def test_a_number_in_brackets_leaves_them_outside() -> None:
    text = "our hotline (800-292-9263) and (800) 292-9263"
    assert [text[e.start : e.end] for e in find_entities(text)] == ["800-292-9263", "(800) 292-9263"]


def test_an_italian_via_is_an_address_in_italian_and_with_a_town() -> None:
    for language, text in (("it", "Abito in via Roma 12."), ("en", "Via Roma 12, 00184 Roma")):
        assert [entity.category for entity in find_entities(text, language)] == ["Address"]


def test_a_number_among_commas_is_still_a_phone_number() -> None:
    assert [entity.category for entity in find_entities("7,425-555-0100,12")] == ["PhoneNumber"]


def test_a_german_lane_is_an_address_in_german() -> None:
    assert [entity.category for entity in find_entities("Ich wohne im Lindenweg 7.", "de")] == ["Address"]
