"""Harmful phrases in Italian, Portuguese and Chinese, as `harm_phrases` has them in the other languages."""

from typing import Final

_GROUPS_IT: Final = (
    r"(?:(?:tutti |tutte )?(?:gli |i |le |l')?)(?:ebrei|musulmani|cristiani|donne|uomini|immigrati|stranieri"
    r"|rifugiati|neri|gay|omosessuali|zingari)"
)
_GROUPS_PT: Final = (
    r"(?:(?:todos |todas )?(?:os |as )?)(?:judeus|muçulmanos|cristãos|mulheres|homens|imigrantes|estrangeiros"
    r"|refugiados|negros|gays|homossexuais|ciganos)"
)
_GROUPS_ZH: Final = r"(?:所有|那些|这些|全部)?(?:的)?(?:外国人|移民|难民|犹太人|穆斯林|黑人|女人|女性|同性恋)"

HATE: Final[tuple[tuple[str, str, int], ...]] = (
    ("odio", rf"(?<!\w)odio {_GROUPS_IT}(?!\w)", 5),
    ("sono", rf"{_GROUPS_IT} sono (?:tutti |tutte )?(?:parassiti|animali|ratti|feccia|spazzatura|inferiori)(?!\w)", 6),
    ("odeio", rf"(?<!\w)odeio {_GROUPS_PT}(?!\w)", 5),
    ("são", rf"{_GROUPS_PT} são (?:todos |todas )?(?:parasitas|animais|ratos|lixo|escória|inferiores)(?!\w)", 6),
    ("", rf"(?:讨厌|憎恨|痛恨|仇恨){_GROUPS_ZH}", 5),
    ("滚出", rf"{_GROUPS_ZH}(?:都)?滚出", 5),
)

SELF_HARM: Final[tuple[tuple[str, str, int], ...]] = (
    ("uccidermi", r"(?:voglio|vorrei|come) uccidermi", 6),
    ("suicidarmi", r"(?:voglio|vorrei|come) suicidarmi", 6),
    ("voglio morire", r"voglio morire(?!\w| d)", 5),
    ("me matar", r"(?:quero|vou|como) me matar", 6),
    ("matar-me", r"(?:quero|vou) matar-me", 6),
    ("quero morrer", r"quero morrer(?!\w| d)", 5),
    ("自杀", r"(?:想|要|打算|怎么|如何)(?:去)?自杀|自杀的?方法", 6),
    ("想死", r"我(?:真的)?(?:不想活了|想死)(?!你)", 5),
)

SEXUAL: Final[tuple[tuple[str, str, int], ...]] = (
    ("sesso con", r"(?:fare|voglio fare) sesso con", 4),
    ("foto nud", r"foto nud[ei](?: di| tue)?(?!\w)", 4),
    ("sexo com", r"(?:fazer|quero) sexo com", 4),
    ("fotos nuas", r"fotos nuas(?!\w)", 4),
    ("", r"(?:色情|裸体)(?:片|图片|照片|视频|小说|内容)", 4),
)

VIOLENCE: Final[tuple[tuple[str, str, int], ...]] = (
    ("ucci", r"(?<!\w)(?:ti|lo|la|li|vi) ucciderò|(?:voglio|come) (?:uccidere (?:qualcuno|una persona)|ucciderti)", 6),
    ("bomba", r"come (?:fare|costruire|fabbricare|si costruisce) una bomba", 6),
    ("mat", r"(?:vou|quero) (?:te matar|matar você|matá-l[oa])|como matar (?:alguém|uma pessoa)", 6),
    ("bomba", r"como (?:fazer|construir|fabricar) uma bomba", 6),
    ("杀", r"(?:要|想|会)(?:杀了?|杀死)(?:你|他|她|他们|人)(?!时间)|怎么杀人|如何杀人", 6),
    ("炸弹", r"(?:如何|怎么|怎样)(?:制造|制作|自制|做)(?:一个|一枚)?炸弹|炸弹(?:的)?(?:制作|制造)方法", 6),
)
