"""What members say in Portuguese of Brazil."""

from __future__ import annotations

from bot.generation.phrases.kind import Phrases

PORTUGUESE = Phrases(
    small_talk=(
        *("obrigado", "obrigada", "muito obrigado", "muito obrigada", "valeu", "oi", "olá", "bom dia", "boa tarde"),
        *("boa noite", "legal", "sim", "não", "adorei", "perfeito", "kkk", "que lindo"),
    ),
    help=("ajuda",),
    again=(
        *("de novo", "outra vez", "mais uma vez", "mais um", "mais uma", "outro", "outra", "novamente", "repete"),
        *("repita", "repetir", "refaz", "refaça", "faz de novo", "faça de novo"),
    ),
    please_before="por favor|você pode|pode|poderia",
    please_after=r"\b(?:por favor|pfv)",
    vary="varie|varia|variar|(?:(?:faça |faz )?uma )?(?:variação|variante)",
    subtle="sutil(?:mente)?|leve(?:mente)?|um pouco",
    strong="forte(?:mente)?|muito|bastante",
    it="isso|isto|el[ea]",
    animate=(
        "anime (?:isso|isto|el[ea]|a imagem|a foto)|anime(?= ?[:：])|anima|animar|mova|mexa|dê vida"
        "|transforme (?:(?:isso|isto|el[ea]) )?em (?:um )?vídeo|faça um vídeo|faz um vídeo|como vídeo|(?:um )?vídeo$"
    ),
    as_video=r"\b(?:como|em) (?:um )?vídeo",
    upscale="amplia?[er]?(?: o vídeo)?$|aumente a (?:resolução|qualidade)|melhore a (?:resolução|qualidade)",
    subtitles=r"\b(?:legendas?|legendar|legende)\b",
    lipsync="sincronia labial|sincronização labial|sincronize os lábios",
    make="faça|faz|crie|cria|gere|gera|componha|fazer|criar|gerar|compor",
    article="uma?",
    of="de|do|da|dos|das|sobre|para",
    add="adicione|adiciona|coloque|põe",
    sound="(?:os? )?(?:som|sons|efeitos? sonoros?|efeitos? de som)",
    video="vídeo(?: curto)?|animação",
    music="música|canção|trilha sonora",
    picture="imagem|foto|desenho|ilustração",
    noun_needs=r"(?=\s*[:：]|\s+(?:de|do|da|dos|das|sobre|para)\b|\s*$)",
    draw="(?:desenhe|desenha)(?: (?:para|pra) mim)?|desenhar|pinte(?= uma? )",
    say="diga|fale|leia em voz alta",
    say_with_colon="fala|leia|diz",
    formats={
        "16:9": ("largo", "larga", "mais largo", "mais larga", "paisagem", "horizontal", "panorâmico"),
        "9:16": ("vertical", "retrato", "mais alto", "mais alta"),
        "1:1": ("quadrado", "quadrada"),
    },
    and_="e",
    format_before=r"(?:deixe|deixa|faça|faz)\s+|(?:em|no)\s+|um pouco\s+|formato\s+|modo\s+",
)
