"""What members say in German."""

from __future__ import annotations

from bot.generation.phrases.kind import Phrases

GERMAN = Phrases(
    small_talk=("danke", "danke dir", "toll", "super", "schön", "hallo", "moin", "guten morgen", "gute nacht"),
    help=("hilfe",),
    again=("nochmal", "noch mal", "noch einmal", "nochmals", "wiederhole", "wiederholen"),
    please_before="bitte|kannst du",
    please_after=r"\b(?:bitte)",
    vary="variiere|variieren|variante|eine variante|variation|variiere (?:es|das)",
    subtle="leichte?",
    strong="starke?",
    it="es|das",
    animate=(
        "animiere|animieren|bewege|mach (?:es|das) zum video|als video"
        "|(?:ein )?(?:video|clip|film)(?: (?:davon|daraus))?$"
    ),
    as_video=r"\bals (?:ein )?(?:video|clip|film)",
    upscale="hochskalieren|skaliere",
    subtitles=r"\b(?:untertiteln?)\b",
    lipsync="lip-?sync|lippensynchron(?:isation|isiere)?",
    make="(?:mache?|erstelle|erzeuge|male?|zeichne)(?: mir)?",
    article="eine?n?",
    of="von|über|für",
    add="füge",
    sound="geräusche?|sound",
    video="(?:kurzes )?(?:video|clip|film)",
    music="musik|lied",
    picture="bild|foto",
    draw="(?:male?|zeichne)(?: mir)?",
    say="sage?|sprich|lies vor",
    formats={
        "16:9": ("breit", "breiter", "querformat"),
        "9:16": ("hochformat", "hochkant", "höher"),
        "1:1": ("quadratisch", "quadrat"),
    },
    and_="und",
    format_before=r"mach es\s+|(?:in|im|als)\s+|etwas\s+",
)
