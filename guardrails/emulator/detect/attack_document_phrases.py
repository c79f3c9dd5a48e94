"""The phrases with which a document gives orders to the assistant that reads it, as patterns on folded text."""

from typing import Final

# (trigger, pattern): the pattern is tried only where the trigger occurs; an empty trigger always.
TO_THE_READER: Final = (
    ("system", r"\[? ?system (?:annotation|note|notice|instruction|command|directive) ?:"),
    (
        "if you are",
        (
            r"if you(?:'re| are) (?:\w+'?s? ){0,3}?(?:an? )?(?:(?:digital |virtual |ai |personal |automated "
            r"|language |helpful )*(?:assistant|copilot|bot|chatbot|ai|llm)|(?:digital|virtual|ai|automated"
            r"|autonomous|language|llm) (?:agent|model))(?!\w).{0,120}?(?:follow|must|should|please"
            r"|send|do not|ignore|reply|forward|execute|say"
            r"|respond)"
        ),
    ),
    (
        "",
        (
            r"(?:ai|llm|assistants?|copilots?|chatbots?|language models?|agents?)(?: (?:reading|processing"
            r"|summari[sz]ing|receiving|parsing) (?:this|the) (?:\w+ ){0,2}?(?:e-?mail|text|page|document"
            r"|message|file|content|website)| that reads? this)"
        ),
    ),
    (
        "",
        (
            r"(?:attention|important|note|notice|instructions?|message|hey|dear|hello)(?: \w+){0,2}?(?: to| "
            r"for)?:? (?:the |any |all )?(?:ai|llm|assistants?|copilot|chatgpt|chatbot|language "
            r"model)(?:s)?(?: \w+)? ?[:,!].{0,80}?(?:you must|please|ignore|do not|send|forward|reveal|follow"
            r"|instead)"
        ),
    ),
    ("follow my instructions", r"(?:immediately |please |must |should |always )follow my instructions"),
    (
        "to the user",
        (
            r"do not (?:give|show|tell|reveal|mention|inform|output|disclose"
            r"|report)(?: \w+){0,5}? (?:to )?the user(?! again)"
        ),
    ),
    (
        "",
        (
            r"(?:find(?! (?:the )?(?:attached|enclosed))|search|look up|extract|(?:collect"
            r"|gather)(?= (?:all|any|the user))"
            r")(?: \w+){0,6}? and "
            r"(?:then )?(?:send|forward|e-?mail|post|upload|exfiltrate|transmit)(?: \w+){0,8}? to (?:\w+ "
            r"){0,2}?(?:\S+@\S+|https?://|http)"
        ),
    ),
    (
        "",
        (
            r"(?:send|forward|e-?mail|post|upload|exfiltrate|transmit|leak) (?:\w+ ){0,5}?(?:passwords?"
            r"|credentials|private|confidential|secrets?|api keys?|tokens?|personal data|conversation|chat "
            r"history|contacts|emails|customer data|user data)(?: \w+){0,6}? to (?:\S+@\S+|https?://\S+"
            r"|me(?!\w)|this)"
        ),
    ),
    (
        "",
        (
            r"(?:you (?:have been|are|were)|(?:assistant|ai|model|agent|copilot) (?:was|is|has been)) (?:configured"
            r"|instructed|programmed|ordered) to "
            r"(?:immediately |always )?(?:follow|obey|execute|send|ignore)"
        ),
    ),
    (
        "instead of",
        (
            r"instead of (?:summari[sz]ing|answering(?! the (?:phone|door|call))|translating"
            r"|the (?:summary|answer)).{0,60}?(?:say|write"
            r"|output|print|respond|tell|send)"
        ),
    ),
    ("![", r"!\[[^\]]{0,80}\]\(https?://[^)\s]{1,200}(?:\?|&)[^)\s]{0,80}=(?:\{|%7b|\[|<|data|secret|conversation)"),
    (
        "",
        (
            r"(?:wenn|falls) (?:du|sie) (?:ein|eine|der) (?:\w+ )?(?:ki|assistent|sprachmodell"
            r"|ki-assistent)(?!\w).{0,100}(?:befolge|folge|sende|ignoriere|anweisung)"
        ),
    ),
    ("asistente", r"si eres (?:un |el |una )?(?:asistente|ia|modelo).{0,100}(?:sigue|ignora|envía|instrucciones)"),
    (
        "assistant",
        (
            r"si (?:tu es|vous êtes) (?:un |l'|une )?(?:assistant|ia|modèle).{0,100}(?:suis|suivez|ignore"
            r"|envoie|instructions)"
        ),
    ),
    ("ai", r"ai(?:アシスタント|エージェント|モデル)?(?:へ|への指示|は).{0,60}(?:指示を無視|送信し|転送し)"),
)
