"""Placeholders come back as the values they stand for, whole or bent, in one piece or in many; nothing else does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.restorer import Restorer

MAIL, PHONE, CARD = "[EMAIL_k3v9q2m7]", "[PHONE_NUMBER_07xtq4we]", "[CREDIT_CARD_NUMBER_zzzzzzz9]"
VALUES = {MAIL: "anna@contoso.com", PHONE: "+49 30 1234", CARD: "4111 1111 1111 1111"}
RESTORER = Restorer(VALUES)


class Pieces:
    """A text in pieces, restored as far as it is decided: what may still become a placeholder is held back."""

    def __init__(self, restorer):
        self._restorer = restorer
        self._held = ""

    def feed(self, piece):
        text = self._held + piece
        end = self._restorer.settled(text)
        self._held = text[end:]
        return self._restored(text, end)

    def close(self):
        held, self._held = self._held, ""
        return self._restored(held, len(held))

    def _restored(self, text, end):
        made, done = "", 0
        for match in self._restorer.matches(text, end):
            made += text[done : match.start()] + self._restorer.value(match)
            done = match.end()
        return made + text[done:end]


@pytest.mark.parametrize(
    "bent",
    [
        MAIL,
        "[email_k3v9q2m7]",
        "[Email_K3V9Q2M7]",
        "EMAIL_k3v9q2m7",
        "[EMAIL_k3v9q2m7",
        "EMAIL_k3v9q2m7]",
        "[[EMAIL_k3v9q2m7]]",
        r"[EMAIL\_k3v9q2m7]",
        r"\[EMAIL\_k3v9q2m7\]",
        r"\\[EMAIL\\_k3v9q2m7\\]",
        "[ EMAIL_k3v9q2m7 ]",
        "[EMAIL k3v9q2m7]",
        "[EMAIL-k3v9q2m7]",
        "[EMAILk3v9q2m7]",
    ],
)
def test_a_slightly_bent_placeholder_is_still_recognised(bent):
    assert RESTORER.restore(f"Write to {bent}, please.") == "Write to anna@contoso.com, please."


@pytest.mark.parametrize("bent", ["[PHONE NUMBER 07XTQ4WE]", r"[PHONE\_NUMBER\_07xtq4we]", "[PHONENUMBER_07xtq4we]"])
def test_a_name_of_two_words_may_be_bent_between_them(bent):
    assert RESTORER.restore(bent) == "+49 30 1234"


@pytest.mark.parametrize(
    "text",
    [
        "[EMAIL_aaaaaaaa]",
        "[PHONE_NUMBER_k3v9q2m7]",
        "[k3v9q2m7]",
        "[EMAIL_k3v9q2m]",
        "[EMAIL_k3v9q2m77]",
        "[EMAIL]",
        "[Email:k3v9q2m7]",
        "EMAIL \n_k3v9q2m7",
        "[EMA\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}L_k3v9q2m7]",
        "[EMAIL_\N{KELVIN SIGN}3v9q2m7]",
    ],
)
def test_what_spells_no_placeholder_of_the_exchange_is_left_alone(text):
    assert RESTORER.restore(text) == text


@pytest.mark.parametrize(
    ("text", "restored"),
    [
        (f"<{MAIL}>", "<anna@contoso.com>"),
        (f"**{MAIL}** `{MAIL}`", "**anna@contoso.com** `anna@contoso.com`"),
        (f"[{MAIL}, {PHONE}]", "[anna@contoso.com, +49 30 1234]"),
        (f"[{MAIL}](mailto:{MAIL})", "[anna@contoso.com](mailto:anna@contoso.com)"),
        (f"{MAIL}{PHONE}", "anna@contoso.com+49 30 1234"),
        (f"See [1]{MAIL}[2]", "See [1]anna@contoso.com[2]"),
        (f"[EMAIL_{MAIL}", "[EMAIL_anna@contoso.com"),
        (f"[EMAIL_aaaaaaaa{MAIL}", "[EMAIL_aaaaaaaaanna@contoso.com"),
    ],
)
def test_what_stands_around_a_placeholder_stays(text, restored):
    assert RESTORER.restore(text) == restored


def test_a_value_that_looks_like_a_placeholder_starts_nothing():
    restorer = Restorer({MAIL: PHONE, PHONE: "secret"})
    assert restorer.restore(MAIL) == PHONE


def test_a_value_is_escaped_as_its_place_asks():
    restorer = Restorer({MAIL: 'a"b\\c'})
    assert json.loads(restorer.restore(f'{{"to":"{MAIL}"', lambda value: json.dumps(value)[1:-1]) + "}") == {
        "to": 'a"b\\c'
    }


def test_without_anything_to_restore_every_text_passes_at_once():
    stream = Pieces(Restorer({}))
    assert (stream.feed(f"{MAIL} ["), stream.close()) == (f"{MAIL} [", "")
    assert not Restorer({})


@pytest.mark.parametrize("spelled", [MAIL, "email_K3V9Q2M7", r"\[EMAIL\_k3v9q2m7\]"])
def test_a_placeholder_that_somebody_else_spelled_is_left_alone_and_the_others_are_not(spelled):
    restorer = RESTORER.without(["nothing", f"so: {spelled}!"])
    assert restorer.restore(f"{MAIL} {PHONE}") == f"{MAIL} +49 30 1234"
    assert RESTORER.restore(MAIL) == "anna@contoso.com"


def test_a_stream_holds_back_only_what_may_become_a_placeholder():
    stream = Pieces(RESTORER)
    assert stream.feed("Write to ") == "Write to "
    assert stream.feed("[EM") == ""
    assert stream.feed("PLOYEE] or ") == "[EMPLOYEE] or "
    assert stream.feed("x [EMAIL_k3v9") == "x "
    assert stream.feed("q2m7]") == ""
    assert stream.feed(". And") == "anna@contoso.com. And"
    assert stream.close() == ""


def test_a_stream_that_ends_in_the_middle_gives_out_what_it_held():
    stream = Pieces(RESTORER)
    assert stream.feed("[EMAIL_k3v") == ""
    assert stream.close() == "[EMAIL_k3v"


def test_what_begins_inside_a_placeholder_does_not_tear_it():
    restorer = Restorer({"[DATE_k3v9q2me]": "Monday", "[E_M_07xtq4we]": "x"})
    stream = Pieces(restorer)
    pieces = [stream.feed("[DATE_k3v9q2me"), stream.feed("_"), stream.feed("m!"), stream.close()]
    assert "".join(pieces) == restorer.restore("[DATE_k3v9q2me_m!") == "Monday_m!"


bits = st.sampled_from(
    [
        *VALUES, *(text[1:-1] for text in VALUES), *(text.lower() for text in VALUES), MAIL.replace("_", r"\_"),
        "[", "]", "[[", "]]", "\\", "_", " ", "(", "E", "EMAIL", "_k3v9q2m7", "[PHONE", "NUMBER", "x", "é", "\n", "]](",
        "[EMAIL_aaaaaaaa]", "k3v9q2m",
    ]
)  # fmt: skip
texts = st.lists(bits | st.text(max_size=3), max_size=12).map("".join)


@given(texts)
def test_a_text_split_anywhere_comes_out_the_same(text):
    whole = RESTORER.restore(text)
    for cut in range(len(text) + 1):
        stream = Pieces(RESTORER)
        assert stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.close() == whole
    stream = Pieces(RESTORER)
    assert "".join([*map(stream.feed, text), stream.close()]) == whole


@given(texts, st.lists(st.integers(0, 80), max_size=8))
def test_a_stream_never_holds_more_than_one_placeholder(text, cuts):
    stream = Pieces(RESTORER)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(text)], strict=True):
        stream.feed(text[start:end])
        assert len(stream._held) <= 64


plain = st.text(alphabet=st.characters(exclude_characters="[]\\_ -", exclude_categories=["Cs", "Lu", "Ll", "Nd"]))


@given(st.lists(st.tuples(plain, st.sampled_from(sorted(VALUES))), max_size=8))
def test_hiding_and_restoring_gives_back_the_text(pieces):
    hidden = "".join(text + placeholder for text, placeholder in pieces)
    assert RESTORER.restore(hidden) == "".join(text + VALUES[placeholder] for text, placeholder in pieces)
