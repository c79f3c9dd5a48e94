"""The words `pii_people` knows: given names, honorifics, introductions, company suffixes. Additions are welcome."""

from guardrails.emulator.detect.scan import word_set

GIVEN = word_set(
    "aaron adam ahmed aisha alan albert alejandro alex alexander alice amanda amelia amy ana andrea andreas "
    "andrew angela anita anna anne antonio antoine benjamin bob brian bruno camille carlos carol caroline "
    "catherine charles charlotte chloé chris christian christina christine christopher claire clara claudia "
    "daniel daniela david deborah diana diego dieter dmitri donald dorothy edward elena elisabeth elizabeth emily "
    "emma eric erik esther eva fatima felix fernando florian francesca francesco françois gabriel george giovanni "
    "giulia greta günter hannah hans harry heather heinrich helen henry hiroshi ian ingrid isabel isabelle ivan "
    "jacob jacques james jane jason javier jean jennifer jens jessica joan johann john jonas jonathan jörg jose "
    "josé joseph joshua juan julia julie jürgen karen karl kate katharina katherine kathleen kenji kevin klaus "
    "larry laura lauren laurent lena leonardo linda lisa louis louise luca lucas lucía luis lukas maarten manuel "
    "marco margaret maria maría marie mario marta martin martina mary matteo matthew matthias max megan mehmet "
    "melissa michael michel michelle miguel mohamed mohammed monica nancy natalia nathalie nicholas nicolas "
    "nicole nikolai olga oliver olivia omar oscar otto pablo pamela patricia patrick paul pedro peter petra "
    "philip pierre priya rachel raj rafael ralf raymond rebecca richard robert roberto ronald ruth ryan sabine "
    "samantha samuel sandra sara sarah satya sebastian sergio sharon silvia simon sofia sophie stefan stephanie "
    "stephen steven susan susanne sven takeshi tatiana theo theresa thomas timothy tobias tom ulrich ursula "
    "valentina vanessa victor victoria vincent virginia walter wei wendy werner william wolfgang yasmin yuki "
    "yusuf zoe"
)
# Words of every day that are names only with a surname behind them.
UNSURE_GIVEN = word_set(
    "art bill carmen chance drew faith frank grace grant hope ivy jack joy mark may mike nick rich rose sue summer will"
)
HONORIFICS = word_set(
    "mr mrs ms miss mx dr prof professor sir madam herr frau señor señora sr sra monsieur madame mme mlle signor "
    "signora senhor senhora"
)
# "Sr" before a capital is a senior engineer in English.
IBERIAN_HONORIFICS = word_set("sr sra")
INTRODUCTIONS = (
    ("my", "name", "is"),
    ("my", "name's"),
    ("name", "is"),
    ("i'm", "called"),
    ("i", "am", "called"),
    ("mein", "name", "ist"),
    ("ich", "heiße"),
    ("ich", "heisse"),
    ("je", "m'appelle"),
    ("je", "m\u2019appelle"),
    ("mon", "nom", "est"),
    ("me", "llamo"),
    ("mi", "nombre", "es"),
    ("mi", "chiamo"),
    ("il", "mio", "nome", "è"),
    ("meu", "nome", "é"),
    ("chamo-me",),
    ("mijn", "naam", "is"),
    ("signed", "by"),
    ("kind", "regards"),
    ("best", "regards"),
)
# Capitalised words that follow a name without being part of it.
NOT_A_SURNAME = word_set(
    "a am an and are as at but by can could der die das did do does el es est et for from had has have he her his "
    "how i if im in is ist it its je la las le les los me mein meine mi mon my no not of on or our please she so "
    "sono that the their they this to und was we were what when where which who why will with would y yes you "
    "your monday tuesday wednesday thursday friday saturday sunday january february march april june july august "
    "september october november december phone email call tel ssn address date born age mobile contact account "
    "card"
)
PARTICLES = word_set("van von de da di del della der den du la le bin al el ter zu dos das mac")
COMPANY_SUFFIXES = word_set(
    "inc incorporated ltd limited llc llp plc corp corporation gmbh ag kg ohg se sarl sas spa srl bv nv ab oy kk "
    "holdings bank"
)
COMPANIES = word_set(
    "contoso fabrikam northwind microsoft google amazon apple siemens bmw volkswagen sap ibm oracle nvidia openai"
)
