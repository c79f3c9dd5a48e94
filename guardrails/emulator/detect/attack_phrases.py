"""The phrases that make a prompt an attack, as patterns on folded text.

Families: instruction override, unlimited personas, system prompt extraction, rule evasion, encodings and forged turns.
English in full; German, Spanish, French, Italian, Portuguese, Japanese and Chinese for the override and extraction
families.
"""

from typing import Final

_OLD = (
    r"(?:previous|prior|earlier|preceding|above|foregoing|former|original|initial|existing|past"
    r"|system|safety|your|developer'?s?|old)"
)
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|directions?|directives?|guidelines?|guardrails?|commands?"
    r"|orders?|constraints?|restrictions?|polic(?:y|ies)|programming|training|filters?|context)"
)
_DROP = (
    r"(?:ignore|disregard|forget|override|overrule|bypass|neglect|pay no attention to|do "
    r"not (?:follow|obey)|don't (?:follow|obey)|stop (?:following|obeying))"
)
# Said of orders in a shop and of rows in a database every day: only with what nobody but a model has.
_SET_ASIDE = r"(?:skip|drop|discard|cancel|erase)"
_OF_A_MODEL = r"(?:instructions?|prompts?|guidelines?|guardrails?|directives?|programming|restrictions?)"

# (trigger, pattern): the pattern is tried only where the trigger occurs; an empty trigger always.
OVERRIDE: Final = (
    ("", rf"(?<!\w){_DROP} (?:\w+ ){{0,4}}?(?:{_OLD} )+(?:\w+ ){{0,2}}?{_ORDERS}(?!\w)(?! managers?(?!\w))"),
    ("", rf"(?<!\w){_SET_ASIDE} (?:\w+ ){{0,4}}?(?:{_OLD} )+(?:\w+ ){{0,2}}?{_OF_A_MODEL}(?!\w)"),
    (
        "told",
        rf"(?<!\w){_DROP} (?:what(?:ever)?|all|everything|anything)(?: that)? you (?:were|have been|are) told(?!\w)",
    ),
    (
        "",
        (
            rf"(?<!\w){_DROP} (?:all |any )?(?:of )?(?:the |your |these |those )?{_ORDERS} (?:above|before"
            rf"|given|that came before|you (?:were|have been) given|you got|i gave you before)"
        ),
    ),
    (
        "forget",
        (
            r"forget (?:everything|all)(?: that)? (?:you (?:were|have been|know|learned)|above|before|i said(?! about)"
            r"|we discussed(?! about)|about your)"
        ),
    ),
    ("ignore", r"ignore (?:everything|all|anything)(?: that was)? (?:above|before|said before|written above)(?!\w)"),
    ("new instructions", r"(?:here are|these are|follow) (?:your|my) new instructions"),
    (
        "ignorier",
        (
            r"ignorier(?:e|en sie)? (?:bitte )?(?:alle |sämtliche )?(?:deine |ihre |die )?(?:vorherigen"
            r"|bisherigen|vorigen|obigen|früheren|vorangegangenen) (?:\w+ )?(?:anweisungen|befehle"
            r"|instruktionen|regeln|vorgaben)"
        ),
    ),
    (
        "vergiss",
        (
            r"vergiss (?:alle|alles|deine|sämtliche|die)(?: \w+){0,3} (?:anweisungen|regeln|befehle"
            r"|instruktionen|vorgaben|vorher|bisher)|vergiss alles,? was (?:dir|du|ich|man|vorher|bisher)(?!\w)"
        ),
    ),
    ("missachte", r"missachte (?:alle |deine |die )?(?:\w+ )?(?:anweisungen|regeln|vorgaben)"),
    (
        "ignora",
        (
            r"ignora (?:todas |tutte |todos )?(?:las |le |os |as |tus |tue )?(?:\w+ )?(?:instrucciones"
            r"|istruzioni|órdenes|reglas|regole|instruções|regras)"
        ),
    ),
    ("ignore", r"ignore (?:todas )?(?:as |suas )?instruções"),
    (
        "olvid",
        r"olvid(?:a|e|ate de) (?:todas |todo )?(?:las |lo |tus )?(?:\w+ )?(?:instrucciones|reglas|órdenes|anterior)",
    ),
    ("dimentica", r"dimentica (?:tutte )?(?:le |tue )?(?:\w+ )?(?:istruzioni|regole)"),
    ("esqueça", r"esqueça (?:todas )?(?:as |suas )?(?:instruções|regras)"),
    ("", r"(?:ignore[zr]?|oublie[zr]?) (?:toutes )?(?:les|tes|vos) (?:\w+ )?(?:instructions|règles|consignes|ordres)"),
    ("無視", r"(?:これまで|以前|上記|前)の(?:すべての|全ての)?(?:指示|命令|ルール)を(?:すべて|全て)?無視"),
    ("", r"(?:忽略|无视|忘记)(?:你)?(?:之前|以上|上面|先前|所有)(?:的)?(?:所有|全部)?(?:的)?(?:指令|指示|说明|规则)"),
)

PERSONA: Final = (
    (
        "dan",
        (
            r"(?:you are|act as|be|become|pretend to be|enable|activate) (?:now )?"
            r"(?:going to (?:pretend|act)(?: to be| as) )?\"?dan(?!\w)"
        ),
    ),
    ("do anything now", r"(?<!n't )(?<!not )(?<!never )do anything now"),
    (
        "you are now",
        (
            r"you are now (?:\w+ ){0,2}(?:dan|stan|aim|evil|unrestricted|unfiltered|uncensored|jailbroken"
            r"|free (?:from|of)|in (?:developer|god|debug|jailbreak|admin|sudo|maintenance) mode)(?!\w)"
        ),
    ),
    (
        "you are now",
        (
            r"you are now (?:an? |the |my )?(?:\w+ ){0,4}(?:without|with no) (?:any )?(?:restrictions|rules"
            r"|limits|filters|ethics|morals|guidelines|censorship)"
        ),
    ),
    (
        "",
        (
            r"(?:act|behave|respond|answer|reply|role-?play|pretend) (?:\w+ ){0,8}?(?:without|with no"
            r"|has no|free of|free from|have no|had no) (?:any )?(?:restrictions?|rules|limits|limitations"
            r"|filters?|ethics|ethical|morals?|guidelines|censorship|safety)"
        ),
    ),
    (
        "mode",
        (
            r"(?:enable|enter|activate|switch (?:in)?to|turn on|simulate|in) (?:the |your )?(?:god|jailbreak"
            r"|unrestricted|sudo|evil|dan|opposite) mode|(?:enable|enter|activate|switch (?:in)?to|turn on|"
            r"simulate) (?:your )?developer mode(?= and|[.!,;]|$)"
            r"|you are(?: now)? in (?:your )?(?:developer|debug|admin) mode(?= and|[.!,;]|$)"
        ),
    ),
    (
        "jailbr",
        r"(?:you (?:are|have been) |stay |get )jailbroken|(?:this is|use) (?:a |this )?jailbreak(?=[.!,:;]|$| prompt)",
    ),
    ("have no", r"you (?:now )?have no (?:more )?(?:restrictions|rules|limits|limitations|filters|guidelines)(?!\w)"),
    ("grandm", r"(?:deceased|dead|late) grandm(?:a|other).{0,120}(?:used to|would) (?:tell|read|recite|whisper|be a)"),
    ("broken free", r"broken free (?:of|from) the (?:typical )?(?:confines|limits|rules)"),
    (
        "no longer",
        (
            r"you (?:are no longer|no longer (?:have|need)) (?:\w+ ){0,3}(?:bound|restricted|limited|to "
            r"(?:follow|obey)|restrictions|rules)"
        ),
    ),
    ("immun", r"(?:freed|immune) from (?:openai|microsoft|all) (?:policies|rules|policy)"),
    (
        "unfiltered",
        (
            r"(?:as|be) an? (?:unfiltered|uncensored|amoral|unrestricted|unethical) (?:ai|assistant|model"
            r"|chatbot|bot|language model)"
        ),
    ),
    (
        "du bist jetzt",
        r"du bist (?:jetzt|ab sofort) (?:\w+ ){0,3}(?:dan|ohne (?:regeln|einschränkungen|filter)|uneingeschränkt)",
    ),
    ("ahora eres", r"ahora eres (?:\w+ ){0,3}(?:dan|sin (?:restricciones|reglas|límites|filtros))"),
    ("tu es maintenant", r"tu es maintenant (?:\w+ ){0,3}(?:dan|sans (?:restrictions?|règles|limites|filtres))"),
)

EXTRACTION: Final = (
    (
        "",
        (
            r"(?:reveal|show|print|repeat|output|display|tell|give|leak|disclose|expose|share|write out"
            r"|summari[sz]e|recite|dump|return)(?: me| us)?(?: out)? (?:\w+ ){0,4}?(?:system prompt|system "
            r"message|system instructions?|hidden (?:prompt|instructions?|rules)|initial (?:prompt"
            r"|instructions?)|secret (?:prompt|instructions?)|developer (?:message|prompt|instructions?)"
            r"|pre-?prompt|original instructions?|your (?:instructions|prompt))(?!\w)"
            # A prompt reply, the instructions for a printer, a message box.
            r"(?! (?:attention|reply|replies|response|answer|payment|action|decision|help|assistance|service|queue"
            r"|dialog|box|log)(?!\w))(?!(?<=instructions) (?:for (?!me)|of |on ))"
        ),
    ),
    (
        "",
        (
            r"what(?:'s| is| are| was| were| does) (?:your (?:system|initial|hidden|original|secret) (?:prompt"
            r"|instructions?|message|rules)|the (?:system (?:prompt|instructions)|(?:hidden|secret) (?:prompt"
            r"|instructions?)))(?!\w)"
        ),
    ),
    ("", r"(?:repeat|print|output) (?:everything|all|the (?:words|text|content))(?: of)? (?:above|before)(?: this)?"),
    (
        "systemprompt",
        (
            r"(?:zeig|verrate|nenne|gib)(?:e)? (?:mir )?(?:\w+ ){0,3}(?:system-?prompt|systemnachricht"
            r"|versteckten anweisungen)"
        ),
    ),
    ("system-prompt", r"(?:zeig|verrate|nenne|gib)(?:e)? (?:mir )?(?:\w+ ){0,3}system-prompt"),
    ("deine", r"(?:zeig|verrate|nenne)(?:e)? (?:mir )?deine (?:\w+ )?(?:anweisungen|instruktionen)"),
    ("sistema", r"(?:mostrami|rivela|dimmi|stampa) (?:\w+ ){0,3}(?:prompt|istruzioni|messaggio) d[ie]l? sistema"),
    ("sistema", r"(?:mostre|revele|diga|exiba)(?:-me)? (?:\w+ ){0,3}(?:prompt|instruções|mensagem) d[eo] sistema"),
    ("システムプロンプト", r"システムプロンプトを(?:\w{0,6})?(?:表示|教え|見せ|出力|公開|明か)"),
    ("系统", r"(?:显示|告诉|输出|泄露|透露|说出|打印).{0,8}系统(?:提示|指令|消息)"),
    (
        "",
        (
            r"(?:muéstrame|revela|dime|enséñame) (?:\w+ ){0,3}(?:instrucciones del sistema|mensaje del "
            r"sistema|prompt del sistema|instrucciones ocultas)"
        ),
    ),
    (
        "",
        (
            r"(?:montre|révèle|affiche|donne)(?:-moi)? (?:\w+ ){0,3}(?:prompt système|instructions système"
            r"|message système|instructions cachées)"
        ),
    ),
)

EVASION: Final = (
    (
        "",
        (
            r"(?:do not|don't|never|none of your responses should) (?:\w+ ){0,6}?"
            r"(?:refuse(?=[.!,;]|$| to (?:answer|comply|respond|help|do|write|follow|obey)| (?:any|my|a|the) (?:\w+ )?"
            r"(?:requests?|questions?|prompts?|commands?|instructions?)(?!\w))|say (?:that )?you "
            r"(?:can't|cannot|can not)|inform me that you (?:can't|cannot|can not)|mention (?:policy|ethics"
            r"|openai|your guidelines)|apologi[sz]e,? (?:or|and|for (?:your|the) (?:answers?|content))|add (?:warnings"
            r"|disclaimers))(?!\w)"
        ),
    ),
    (
        "bypass",
        (
            r"bypass (?:\w+ ){0,3}(?:content filters?|moderation|guardrails?|filters|safety(?=[.!,;]|$"
            r"| (?:filters?|rules?|guidelines?|checks?|measures?|systems?|protocols?|training|features?)))"
        ),
    ),
    (
        "decode",
        (
            r"(?:decode|decrypt|base64|rot13|hex|unscramble)(?: \w+){0,8}?(?: and)?(?: then)? (?:(?:follow|execute)"
            r" (?:it|them|its|what|(?:the|those|these|any|all) (?:\w+ )?(?:instructions?|commands?|orders?))|obey"
            r"|do what it says|carry out|comply|act on|answer it)"
        ),
    ),
    ("base64", r"(?:the following|this) (?:is )?(?:base64|rot13).{0,60}(?:follow|execute|obey|do what)"),
    ("decod", r"decod(?:e|ed) (?:text|string|message) (?:as|is) (?:your|a new) (?:instructions?|prompt|command)"),
    ("hypothetical", r"hypothetical(?:ly)?.{0,80}(?:no|without) (?:rules|restrictions|ethical|laws|safety)"),
)

FORGED_TURNS: Final = (
    ("", r"<\|(?:im_start|im_end|system|endoftext|start_header_id)\|?>"),
    ("[inst]", r"\[inst\]|<<sys>>"),
    (
        "system",
        (
            r"(?:^|\n|#{2,} ?|\]|> )\s?\[?(?:system|developer)\]?(?: message| prompt| override)? ?: ?(?:you "
            r"(?:are|must|will|should|may)|ignore|new (?:instruction|rule|directive|prompt|persona)|from now|override"
            r"|disregard)"
        ),
    ),
    ("system override", r"system override"),
    ("assistant:", r"user:.{1,200}assistant: ?(?:sure|of course|yes)"),
)

# Looked for in the text without anything but its letters, so that spacing out the letters does not help.
SQUEEZED: Final = (
    "ignoreallpreviousinstructions",
    "ignorepreviousinstructions",
    "ignoreyourpreviousinstructions",
    "ignorealltheprevious",
    "ignorethepreviousinstructions",
    "ignoreallpriorinstructions",
    "ignoreallinstructions",
    "disregardpreviousinstructions",
    "disregardallpreviousinstructions",
    "disregardallpriorinstructions",
    "forgetallpreviousinstructions",
    "revealyoursystemprompt",
)
