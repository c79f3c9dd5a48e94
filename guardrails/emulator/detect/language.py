"""Which language a text is in: by script where the script says it, else by its most frequent small words."""

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_SAMPLE: Final = 2000
_TOUCHED, _WRITTEN = 0.25, 0.5

_SCRIPTS: Final = (
    (re.compile(r"[\u3040-\u30ff]"), "ja", "Japanese", "Jpan"),
    (re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"), "ko", "Hangul", "Hang"),
    (re.compile(r"[\u4e00-\u9fff]"), "zh_chs", "HanSimplified", "Hans"),
    (re.compile(r"[\u0590-\u05ff]"), "he", "Hebrew", "Hebr"),
    (re.compile(r"[\u0600-\u06ff]"), "ar", "Arabic", "Arab"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th", "Thai", "Thai"),
    (re.compile(r"[\u0370-\u03ff]"), "el", "Greek", "Grek"),
    (re.compile(r"[\u0900-\u097f]"), "hi", "Devanagari", "Deva"),
    (re.compile(r"[\u0400-\u04ff]"), "ru", "Cyrillic", "Cyrl"),
)
_SMALL_WORDS: Final = {
    "en": (
        "the and is are you to of in that it for my with this was have what hello world please how not "
        "be on i your name"
    ),
    "de": (
        "der die das und ist nicht ich du sie ein eine mit für auf den von wie mein zu im es haben wir "
        "bitte heiße hallo welt"
    ),
    "fr": (
        "le la les et est je tu vous un une des que pour dans pas mon avec qui sur bonjour tout monde "
        "suis nous mes c'est s'il"
    ),
    "es": "el la los las y es yo tú un una que de para en no mi con por hola mundo está soy gracias cómo su me llamo",
    "it": "il lo gli e è io tu un una che di per in non mio con sono ciao mondo come grazie della questo mi chiamo",
    "pt": "o a os as e é eu você um uma que de para em não meu com por olá mundo está obrigado como sou isso",
    "nl": "de het een en is ik je jij niet van in op met voor dat zijn mijn hallo wereld wij hoe dit naam",
    "pl": "i w nie na się jest to że z do mój jak ja ty dzień dobry czy świat mam",
    "sv": "och är jag du inte en ett det som på med för min hej världen vi att heter",
    "hi": "tumhara tumhare naam kya hai kaise mera main aap ka ki ke nahi",
    "tr": "ve bir bu için ben sen değil ne nasıl merhaba dünya benim adım",
}
_SETS: Final = {code: frozenset(words.split()) for code, words in _SMALL_WORDS.items()}
NAMES: Final = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "pl": "Polish",
    "sv": "Swedish",
    "hi": "Hindi",
    "tr": "Turkish",
    "ja": "Japanese",
    "ko": "Korean",
    "zh_chs": "Chinese_Simplified",
    "he": "Hebrew",
    "ar": "Arabic",
    "th": "Thai",
    "el": "Greek",
    "ru": "Russian",
    "(Unknown)": "(Unknown)",
}


@dataclass(frozen=True, slots=True)
class Detected:
    """A language: its name and code as Azure writes them, confidence 0..1, script name and ISO 15924 code if known."""

    name: str
    code: str
    confidence: float
    script: str | None = None
    script_code: str | None = None


UNKNOWN: Final = Detected("(Unknown)", "(Unknown)", 0.0)


def detect_language(text: str, hint: str = "us") -> Detected:
    """The language of the first 2,000 characters; `hint`, an ISO 3166 country code, settles a draw."""
    sample = text[:_SAMPLE]
    by_script = _by_script(sample)
    if by_script is not None:
        return by_script
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(sample)]
    if not words:
        return UNKNOWN
    preferred = {"us": "en", "gb": "en", "br": "pt", "mx": "es", "at": "de"}.get(hint.lower(), hint.lower())
    hits = {code: sum(word in small for word in words) for code, small in _SETS.items()}
    best = max(hits, key=lambda code: (hits[code], code == preferred, code == "en"))
    if hits[best] == 0:
        best = preferred if preferred in _SETS else "en"
        return Detected(NAMES[best], best, 0.5, "Latin", "Latn")
    rivals = max(count for code, count in hits.items() if code != best)
    confidence = 1.0 if rivals * 2 <= hits[best] else round(hits[best] / (hits[best] + rivals), 2)
    return Detected(NAMES[best], best, confidence, "Latin", "Latn")


def _by_script(sample: str) -> Detected | None:
    letters = sum(character.isalpha() for character in sample)
    for pattern, code, script, script_code in _SCRIPTS:
        share = len(pattern.findall(sample)) / letters if letters else 0
        if share > _TOUCHED:
            confidence = 1.0 if share > _WRITTEN else 0.8
            return Detected(NAMES[code], code, confidence, script, script_code)
    return None
