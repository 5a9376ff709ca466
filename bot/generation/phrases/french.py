"""What members say in French."""

from __future__ import annotations

from bot.generation.phrases.kind import Phrases

FRENCH = Phrases(
    small_talk=(
        *("merci", "merci beaucoup", "salut", "bonjour", "bonsoir", "bonne nuit", "coucou", "génial", "trop bien"),
        *("bravo", "oui", "non", "d'accord", "c'est beau", "joli"),
    ),
    help=("aide", "à l'aide"),
    again=(
        *("encore", "encore une fois", "encore un", "encore une", "refais", "refais-le", "refais-la", "recommence"),
        *("un autre", "une autre", "à nouveau", "de nouveau", "relance", "relancer"),
    ),
    please_before="s['’]il (?:te|vous) pla[iî]t|stp|svp|peux-tu|tu peux|pourrais-tu",
    please_after=r"\b(?:s['’]il (?:te|vous) pla[iî]t|stp|svp)",
    vary="varie|varie-l[ea]|varier|(?:(?:fais )?une )?(?:variation|variante)",
    subtle="légère(?:ment)?|subtile(?:ment)?|un peu",
    strong="forte(?:ment)?|beaucoup",
    it="l[ea]|ça|ceci",
    animate=(
        "anime-l[ea]|anime (?:ça|l['’]image|la photo)|anime(?= ?[:：])|animer|bouge|fais-l[ea] bouger|donne-lui vie"
        "|(?:transforme|mets)(?:-l[ea]| ça)? en (?:une )?(?:vidéo|film)|fais-en (?:une vidéo|un film)"
        "|en (?:vidéo|film)$|(?:une )?vidéo$"
    ),
    as_video=r"\b(?:en|comme) (?:une )?vidéo",
    upscale="agrandi[sr](?:-l[ea])?(?: la vidéo)?$|améliore la (?:qualité|résolution)|augmente la résolution",
    subtitles=r"\b(?:sous-titres?|sous-titrer?)\b",
    lipsync="synchro(?:nisation)? labiale|synchronise les lèvres",
    make="(?:fais|crée|génère|compose)(?:-moi)?|faire|créer|générer|composer",
    article="une?|des",
    of="de|du|des|sur|pour",
    add="ajoute|ajouter|mets",
    sound="(?:l[ea]s? )?(?:bruits?|bruitages?|effets? sonores?)|(?:le|un) son|son(?= ?[:：])",
    video="(?:courte )?(?:vidéo|animation)(?: courte)?",
    music="musique|chanson|bande-son",
    picture="image|photo|illustration|dessin",
    noun_needs=r"(?=\s*[:：]|\s+(?:de\b|d['’]|du\b|des\b|sur\b|pour\b)|\s*$)",
    draw="(?:dessine|peins)(?:-moi)?|dessiner|peindre",
    say="(?:dis|lis) à voix haute|prononce",
    say_with_colon="dis|lis|récite|parle",
    formats={
        "16:9": ("large", "plus large", "paysage", "horizontal", "panoramique"),
        "9:16": ("vertical", "portrait", "plus haut", "plus haute", "verticale"),
        "1:1": ("carré", "carrée"),
    },
    and_="et",
    format_before=r"(?:mets|fais|rends)(?:-l[ea])?\s+|(?:en|au)\s+|un peu\s+|format\s+|mode\s+",
)
