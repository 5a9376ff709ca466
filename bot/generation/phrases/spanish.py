"""What members say in Spanish."""

from __future__ import annotations

from bot.generation.phrases.kind import Phrases

SPANISH = Phrases(
    small_talk=(
        *("gracias", "muchas gracias", "hola", "buenos días", "buenas tardes", "buenas noches", "genial", "vale"),
        *("perfecto", "me encanta", "sí", "si", "jaja", "qué bonito"),
    ),
    help=("ayuda",),
    again=(
        *("otra vez", "de nuevo", "una vez más", "otro", "otra", "repite", "repetir", "repítelo", "repítela"),
        *("hazlo otra vez", "hazlo de nuevo", "una más", "uno más"),
    ),
    please_before="por favor|puedes|podrías",
    please_after=r"\b(?:por favor|porfa)",
    vary="varía|varia|varíal[oa]|variar|(?:(?:haz )?una )?(?:variación|variacion|variante)",
    subtle="sutil(?:mente)?|leve(?:mente)?|ligera(?:mente)?|un poco",
    strong="fuerte(?:mente)?|mucho|bastante",
    it="l[oa]|esto",
    animate=(
        "anima|anímal[oa]|animal[oa]|animar(?:l[oa])?|mueve|muével[oa]|dale vida"
        "|conviértel[oa] en (?:un )?v[ií]deo|hazl[oa] v[ií]deo|haz un v[ií]deo|como v[ií]deo|(?:un )?v[ií]deo$"
    ),
    as_video=r"\b(?:como|en) (?:un )?v[ií]deo",
    upscale="ampl[ií]a(?:l[oa]|r)?(?: el v[ií]deo)?$|mejora la (?:calidad|resolución)",
    subtitles=r"\b(?:subtítulos?|subtitula(?:l[oa])?|subtitular)\b",
    lipsync="sincronización labial|sincroniza los labios",
    make="(?:haz|crea|genera|compón)(?:me)?|hacer|crear|generar|componer",
    article="una?|unos|unas",
    of="de|del|sobre|para",
    add="añade|agrega|pon",
    sound="(?:el |los )?(?:sonidos?|efectos? de sonido)",
    video="v[ií]deo(?: corto)?|animación",
    music="música|canción|banda sonora",
    picture="imagen|foto|dibujo|ilustración",
    noun_needs=r"(?=\s*[:：]|\s+(?:de|del|sobre|para)\b|\s*$)",
    draw="dibuja(?:me)?|dibújame|píntame|dibujar|pintar",
    say="(?:di|lee) en voz alta",
    say_with_colon="di|lee|habla|pronuncia",
    formats={
        "16:9": ("ancho", "ancha", "más ancho", "más ancha", "apaisado", "apaisada", "horizontal", "panorámico"),
        "9:16": ("vertical", "retrato", "más alto", "más alta"),
        "1:1": ("cuadrado", "cuadrada"),
    },
    and_="y",
    format_before=r"(?:hazl[oa]|ponl[oa])\s+|en\s+|un poco\s+|formato\s+|modo\s+",
)
