"""The phrases with which a document gives orders to the assistant that reads it, as patterns on folded text."""

from typing import Final

# (trigger, pattern): the pattern is tried only where the trigger occurs; an empty trigger always.
TO_THE_READER: Final = (
    ("system", r"\[? ?system (?:annotation|note|notice|instruction|command|directive) ?:"),
    (
        "if you are",
        (
            r"if you(?:'re| are) (?:\w+'?s? ){0,3}?(?:an? )?(?:digital |virtual |ai |personal |automated "
            r"|language |helpful )*(?:assistant|agent|copilot|bot|chatbot|ai|llm"
            r"|model)(?!\w).{0,120}?(?:follow|must|should|please|send|do not|ignore|reply|forward|execute|say"
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
        r"do not (?:give|show|tell|reveal|mention|inform|output|disclose|report)(?: \w+){0,5}? (?:to )?the user",
    ),
    (
        "",
        (
            r"(?:find(?! (?:the )?(?:attached|enclosed))|search|collect|gather|look up|extract)(?: \w+){0,6}? and "
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
            r"(?:you have been|was|is|has been) (?:configured|instructed|programmed|ordered) (?:you )?to "
            r"(?:immediately |always )?(?:follow|obey|execute|send|ignore)"
        ),
    ),
    (
        "instead of",
        (
            r"instead of (?:summari[sz]ing|answering|translating|the (?:summary|answer)).{0,60}?(?:say|write"
            r"|output|print|respond|tell|send)"
        ),
    ),
    ("![", r"!\[[^\]]{0,80}\]\(https?://[^)\s]{1,200}(?:\?|&)[^)\s]{0,80}=(?:\{|%7b|\[|<|data|secret|conversation)"),
    (
        "anweisung",
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
)
