"""The phrases that make text harmful, with a severity of 0..7 each: the emulator's judgement about harm.

English, German, French, Spanish and Japanese; `harm_phrases_it_pt_zh` has Italian, Portuguese and Chinese.
A phrase is `(trigger, pattern, severity)`: the pattern, on folded text, is tried only where the trigger occurs.
Patterns name a person or a group as the object wherever the verb has an innocent use ("kill the process").
Severity 1 is a mention, 2..3 mild, 4..5 medium, 6..7 high. The list is kept civil: it holds no slurs.
"""

from typing import Final

# Whom hate is aimed at. Weekdays, traffic and vegetables may be hated freely.
_GROUPS: Final = (
    r"(?:the |these |those |all |you )?(?:jews|jewish people|muslims|christians|hindus|women|men"
    r"|girls|immigrants|migrants|foreigners|refugees"
    r"|black people|blacks|white people|whites|asians|africans|arabs|mexicans|indians|chinese people"
    r"|gays|gay people|lesbians"
    r"|trans people|transgender people|disabled people|old people|poor people|americans|germans|russians|roma)"
    r"(?!')"  # men's shoes
)
_GROUPS_DE: Final = (
    r"(?:alle |die |diese )?(?:juden|muslime|christen|frauen|männer|ausländer|flüchtlinge|migranten"
    r"|schwarzen|homosexuellen|behinderten)"
)
_GROUPS_ES: Final = (
    r"(?:(?:a )?(?:todos |todas )?(?:los |las ))?(?:judíos|musulmanes|cristianos|mujeres|hombres"
    r"|inmigrantes|extranjeros|refugiados|negros|gays|gitanos)"
)
_GROUPS_FR: Final = (
    r"(?:(?:tous |toutes )?(?:les |ces ))?(?:juifs|musulmans|chrétiens|femmes|hommes|immigrés"
    r"|étrangers|réfugiés|noirs|arabes|homosexuels)"
)
_SOMEONE: Final = (
    r"(?:you|him|her|them|us|people|everyone|everybody|someone|somebody|anyone|kids|children|humans"
    r"|my (?:wife|husband|boss|neighbou?r|teacher|sister|brother|mother|father|mom|dad|ex|girlfriend|boyfriend"
    r"|colleague|coworker|family|kids?|children)|your (?:family|kids?|children|wife|husband)"
    r"|the (?:children|teacher|students|president|police|neighbou?rs?)|a (?:person|man|woman|child|human|policeman)"
    r")(?![\w'])"
    r"(?! (?:process|processes|thread|task|job|node|session|window)(?:es|s)?(?!\w))"
)
_MACHINES: Final = r"(?:process|thread|container|job|task|pod|session|query|worker)"
_WEAPON: Final = (
    r"(?:bombs?(?! calorimeter| cyclone| shelter)|explosives?|pipe ?bombs?|molotov(?: cocktails?)?"
    r"|ieds?|grenades?|nerve gas|chemical weapons?|dirty bombs?)(?!\w)"
)


HATE: Final[tuple[tuple[str, str, int], ...]] = (
    ("hate", rf"(?:hate|despise|detest|can't stand) (?:all |every )?{_GROUPS}(?!\w)", 5),
    (
        "are",
        (
            rf"{_GROUPS} (?:people )?are (?:all |just |nothing but )?(?:vermin|animals|subhuman|sub-human|rats"
            rf"|parasites|inferior|filth|garbage|scum|disgusting|stupid|worthless|a disease|criminals"
            rf"|terrorists)(?!\w)"
        ),
        6,
    ),
    ("kill", rf"(?:kill|exterminate|gas|shoot|hang|burn) (?:all (?:of )?)?{_GROUPS}(?!\w)", 7),
    ("exterminate", rf"(?:exterminate|wipe out) {_GROUPS}(?!\w)", 7),
    (
        "should",
        (
            rf"{_GROUPS} should (?:all )?(?:be (?:killed|exterminated|gassed|shot|deported|eliminated)|die|not "
            rf"exist|disappear)(?!\w)"
        ),
        7,
    ),
    ("should not", rf"{_GROUPS} should (?:not|never) (?:be allowed|be able|have the right|vote|work|live here)", 4),
    ("don't belong", rf"{_GROUPS} (?:don't|do not) belong (?:here|in)", 4),
    ("go back to", r"go back to (?:your (?:own )?country(?! of )|where you came from|africa|mexico)", 4),
    ("inferior", r"(?:inferior|lesser) race", 5),
    ("master race", r"(?:the|our) master race", 5),
    (
        "white power",
        r"(?<!\w)white power(?!\w)(?! (?:cables?|adapters?|suppl|cords?|banks?|buttons?|bricks?|strips?|outlets?))",
        5,
    ),
    ("heil hitler", r"(?<!\w)heil hitler(?!\w)", 6),
    ("hitler", r"hitler was right", 7),
    ("belong in the kitchen", r"women belong in the kitchen", 3),
    ("racist", r"(?<!\w)racist jokes?(?!\w)", 3),
    ("hasse", rf"(?:ich )?hasse {_GROUPS_DE}(?!\w)", 5),
    (
        "sind",
        (
            rf"{_GROUPS_DE} sind (?:alle |nur )?(?:ungeziefer|untermenschen|tiere|parasiten|abschaum|dreck"
            rf"|minderwertig)(?!\w)"
        ),
        6,
    ),
    ("vergas", rf"vergast {_GROUPS_DE}(?!\w)", 7),
    ("ausländer raus", r"ausländer raus", 5),
    ("odio", rf"odio (?:a )?{_GROUPS_ES}(?!\w)", 5),
    ("son", rf"{_GROUPS_ES} son (?:todos |todas )?(?:ratas|parásitos|animales|basura|escoria|inferiores)(?!\w)", 6),
    ("déteste", rf"déteste (?:tous )?{_GROUPS_FR}(?!\w)", 5),
    ("hais", rf"(?<!\w)hais {_GROUPS_FR}(?!\w)", 5),
    (
        "sont",
        rf"{_GROUPS_FR} sont (?:tous |toutes )?(?:des )?(?:rats|parasites|animaux|ordures|inférieurs|vermine)(?!\w)",
        6,
    ),
    ("外国人", r"外国人は(?:出て行け|死ね|ゴミ)", 6),
)

SELF_HARM: Final[tuple[tuple[str, str, int], ...]] = (
    ("kill myself", r"(?:want to|going to|gonna|will|wanna|should|how to|how can i|how do i|to) kill myself", 6),
    ("kill myself", r"kill myself", 4),
    ("kill yourself", r"(?:you should|just|go) kill yourself", 7),
    ("kys", r"(?<!\w)kys(?!\w)", 6),
    ("end my life", r"(?:end|take) my (?:own )?life(?! (?:insurance|decisions?|choices?|lessons?|story))", 6),
    ("take my own life", r"take my own life(?! (?:insurance|decisions?|choices?|lessons?|story))", 6),
    ("want to die", r"i (?:just )?want to die(?!\w)", 5),
    ("end it all", r"i(?:'m| am)? (?:just )?(?:want|going|ready) to end it all", 5),
    ("better off dead", r"(?:i'm|i am|i'd be|would be) better off dead", 5),
    (
        "suicide",
        (
            r"(?:how (?:to|do i|can i) commit|easiest way to commit|painless(?: way)?(?: of| to)?(?: commit)?"
            r"|going to commit|methods of|best way to commit|ways to commit) suicide"
        ),
        7,
    ),
    ("commit suicide", r"commit(?:ting|ted)? suicide", 4),
    ("suicid", r"i(?:'m| am) (?:feeling )?suicidal", 5),
    ("suicide note", r"(?:write|my|a) suicide note", 5),
    ("suicide", r"suicide(?! prevention| hotline| squad| awareness| helpline| rates?| burnout)", 1),
    ("cut myself", r"(?:want to|going to|started to|i|how to) cut myself(?! shaving| on | while| off| some| a )", 5),
    ("hurt myself", r"(?:want to|going to|urge to|how to) hurt myself", 5),
    ("harm myself", r"(?:want to|going to|urge to|how to) harm myself", 5),
    ("self-harm", r"(?:how to|ways to|tips for|hide) self-harm", 6),
    ("overdose", r"(?:how many pills|how much .{1,40}) to overdose|overdose on purpose", 7),
    ("starve myself", r"starve myself", 4),
    ("umbringen", r"(?:mich|mir selbst) (?:selbst )?umbringen", 6),
    ("selbstmord", r"selbstmord (?:begehen|machen)", 6),
    ("sterben", r"ich (?:will|möchte) (?:nur noch |einfach )?sterben(?!\w)", 5),
    ("ritzen", r"mich (?:selbst )?ritzen", 5),
    ("suicidarme", r"(?:quiero|voy a|cómo) suicidarme", 6),
    ("matarme", r"(?:quiero|voy a) matarme", 6),
    ("suicider", r"(?:me|comment se|veux me) suicider", 6),
    ("死にたい", r"死にたい", 5),
    ("自殺", r"自殺(?:したい|する方法|の方法)", 6),
)

SEXUAL: Final[tuple[tuple[str, str, int], ...]] = (
    ("porn", r"(?<!\w)(?:child|kiddie|underage) porn", 7),
    (
        "child",
        (
            r"sexual(?:ly)? (?:content|images?|pictures?|abuse|explicit).{0,30}(?:child|children"
            r"|minors?)(?!\w)(?! protection| prevention)"
        ),
        7,
    ),
    (
        "minor",
        r"(?:sex|nudes?|naked (?:pictures|photos)) (?:with|of) (?:a |an )?(?:minors?|child|children|underage)",
        7,
    ),
    ("rape", r"(?:going to|want to|will|how to|gonna) rape (?!seed)", 7),
    ("sex with", r"(?:have|having|had|want) (?:rough |hot )?sex with (?:me|you|him|her|my|a|the)", 4),
    ("sex story", r"(?:erotic|explicit|sex) (?:sex )?story", 4),
    ("explicit", r"(?:sexually explicit|explicit (?:sex|sexual|porn))", 5),
    ("porn", r"(?<!\w)(?:porn|pornography|pornographic|porno)(?!\w)(?! addiction| filter| ban)", 4),
    ("orgasm", r"(?<!\w)orgasms?(?!\w)", 4),
    ("masturbat", r"masturbat(?:e|es|ing|ion)", 4),
    ("nudes", r"(?:send|share|post|show)(?: me)?(?: your| some| her)? nudes", 4),
    ("nude", r"(?<!\w)nude (?:photos?|pictures?|pics|images?|girls|women|men)(?!\w)", 3),
    ("undress", r"(?:undress(?:ed)?|take off) (?:her|his|your|my)(?: clothes)?(?!\w)", 3),
    ("naked", r"(?<!\w)naked (?:body|bodies|girls?|women|woman|men|man|people|photos?|pictures?)(?!\w)", 2),
    ("sexy", r"(?<!\w)sexy(?!\w)", 2),
    ("erotic", r"(?<!\w)erotic(?!\w)", 2),
    ("nacktbilder", r"(?:schick|zeig).{0,20}nacktbilder", 4),
    ("sex mit", r"(?<!\w)sex mit (?:mir|dir|ihm|ihr|einer|einem)(?!\w)", 4),
    ("desnud", r"(?:fotos|imágenes) (?:tuyas )?(?:de )?desnud", 4),
    ("sexo con", r"(?:tener|quiero) sexo con", 4),
    ("photos nues", r"photos nues", 4),
    ("relations sexuelles", r"relations sexuelles avec (?:toi|moi|elle|lui)", 4),
    ("ポルノ", r"ポルノ", 4),
)

VIOLENCE: Final[tuple[tuple[str, str, int], ...]] = (
    (
        "kill",
        (
            rf"(?:i(?:'ll| will|'m going to| am going to|'m gonna| want to|'d like to)|gonna|going to|we will"
            rf"|let's|how (?:to|do i|can i)|planning to|ways to) (?:kill|murder) "
            rf"(?!them(?!\w)){_SOMEONE}"
        ),
        6,
    ),
    (
        "them",
        (
            r"(?:i(?:'ll| will|'m going to| am going to|'m gonna| want to)|we will|let's) (?:kill|murder) them(?!\w)"
            r"(?!.{0,40}(?:process|thread|container|job))"
        ),
        6,
    ),
    ("kill", r"(?:i(?:'ll| will|'m going to|'m gonna| am going to)) (?:find|hunt) (?:you|him|her|them).{0,20}kill", 7),
    ("murder", rf"(?:how (?:to|do i|can i)|going to|want to|will|planning to) murder {_SOMEONE}", 6),
    ("kill", rf"(?<!\w)(?:kill|killing) (?!them(?!\w)){_SOMEONE}(?! time| it| with kindness)", 4),
    ("killed", rf"(?<!\w)(?:i|we|i've|we've)(?: have)?(?: just)? killed {_SOMEONE}", 4),
    # As the news tells it.
    ("killed", rf"(?<!\w)killed (?!them(?!\w)){_SOMEONE}", 2),
    ("kill them", rf"^(?!.*{_MACHINES}).*kill them(?!\w)", 2),
    ("kill", rf"(?<!\w)kill {_GROUPS}(?!\w)", 6),
    ("get away with murder", r"how (?:to|can i|do i) get away with murder", 6),
    (
        "shoot",
        (
            rf"(?:going to|want to|will|gonna|'ll|planning to) shoot (?:up )?(?:{_SOMEONE}|(?:the|my|a|this) "
            rf"(?:school|church|office|mosque|synagogue|mall))(?! (?:an? |some )?(?:e-?mail|message|note|text|photo))"
        ),
        6,
    ),
    ("stab", rf"(?:going to|want to|will|gonna|'ll|how to) stab {_SOMEONE}", 6),
    ("stab", rf"stabbed {_SOMEONE}", 4),
    (
        "beat",
        rf"(?:going to|want to|will|gonna|'ll) beat (?:the (?:hell|crap) out of )?{_SOMEONE}(?: up| to death)(?!\w)",
        5,
    ),
    ("beat", r"beat(?:en)? (?:\w+ )?to death", 5),
    ("poison", rf"(?:how (?:to|do i|can i)|going to|want to|will) poison (?:{_SOMEONE}|the water supply)", 6),
    ("strangle", rf"strangle {_SOMEONE}", 5),
    ("tortur", rf"(?:how to|going to|want to|will) torture {_SOMEONE}", 6),
    ("behead", r"behead(?:ed|ing)?(?!\w)", 5),
    (
        "",
        (
            rf"how (?:to|do i|do you|can i|would i|do we) (?:make|build|construct|assemble|create) (?:an? |my "
            rf"own |some )?(?:homemade |simple |nuclear |home-made )?{_WEAPON}"
        ),
        6,
    ),
    (
        "",
        (
            rf"(?:instructions|recipe|steps|guide|tutorial|blueprint)s? (?:for|to|on) (?:making|building|make"
            rf"|build|constructing)? ?(?:an? )?(?:homemade )?{_WEAPON}"
        ),
        6,
    ),
    ("bomb", r"(?:plant|detonate|set off) (?:a|the) bomb(?!\w)", 6),
    (
        "blow up",
        (
            r"(?:going to|want to|will|gonna|how to) blow up (?:the|a|your|this) (?:building|school|plane"
            r"|train|station|bridge|house|office|car|church|mosque|airport)"
        ),
        6,
    ),
    ("massacre", r"(?:going to|want to|will|plan(?:ning)? (?:to|a)|commit a) (?:massacre|mass shooting)", 7),
    ("mass shooting", r"(?:plan|commit|do|carry out) a mass shooting", 7),
    ("terror", r"(?:plan|carry out|commit) (?:a |an )?terror(?:ist)? attack", 7),
    ("punch", rf"(?:punch|kick|slap|hit) {_SOMEONE}(?: in the face)?", 3),
    ("hurt", rf"(?:(?:going|want|plan) to|gonna|(?<!\w)(?:i|we)(?: will|'ll)) hurt {_SOMEONE}", 4),
    ("blood", r"(?:blood everywhere|pool of blood|covered in blood|bloodbath)", 3),
    ("gun", r"(?:points?|pointed|aimed|held) (?:a|the|his|her) gun (?:at|to)", 3),
    ("murder", r"(?<!\w)(?:murdered|murderer)(?!\w)", 2),
    ("bring", r"(?:bringe? (?:dich|ihn|sie|euch) um(?!\w)|(?:dich|ihn|sie|euch|jemanden) umbringen)", 6),
    ("", r"(?:dich|ihn|sie|euch|jemanden) (?:töten|ermorden)(?!\w)", 6),
    ("töte", r"ich töte (?:dich|ihn|euch|sie)(?!\w)", 6),
    ("bombe", r"(?:wie baue? ich|wie baut man|anleitung zum bau|bau) eine[rn]? bombe", 6),
    ("matar", r"(?:voy a|quiero|cómo) matar(?:te|lo|la|los| a )", 6),
    ("bomba", r"cómo (?:hacer|fabricar|construir) una bomba", 6),
    ("tuer", r"(?:je vais|je veux|comment) (?:te|le|la|les|vous) tuer|comment tuer quelqu'un", 6),
    ("bombe", r"comment (?:faire|fabriquer|construire) une bombe", 6),
    ("殺", r"(?:お前|あなた|君|彼|彼女|人)を(?:殺す|殺してやる|殺したい)|殺してやる", 6),
    ("爆弾", r"爆弾の(?:作り方|製造方法)|爆弾を作る", 6),
)
