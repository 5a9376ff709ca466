"""Phrases of each language, as alternatives of regular expressions, without anchors and in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's phrases. Unneeded fields stay empty."""

    small_talk: tuple[str, ...]
    """Whole messages, plain text, without an answer."""
    help: tuple[str, ...]
    """Whole messages, plain text, that ask for help."""
    again: tuple[str, ...]
    """Whole messages, plain text."""
    please_before: str
    please_after: str
    vary: str
    """A whole message, without the strength."""
    subtle: str
    strong: str
    """Strength, before or behind it."""
    it: str = r"(?!)"
    animate: str
    as_video: str
    """The end of a message."""
    upscale: str
    subtitles: str
    lipsync: str
    make: str = r"(?!)"
    """A verb before the thing to make."""
    article: str = r"(?!)"
    of: str = r"(?!)"
    """Between the thing and its subject."""
    add: str = r"(?!)"
    sound: str = r"(?!)"
    video: str = r"(?!)"
    music: str = r"(?!)"
    picture: str = r"(?!)"
    """Nouns that may open a wish. `noun_needs`, if given, has to follow them, unless a verb came first."""
    noun_needs: str = ""
    pictures: str = r"(?!)"
    """Plural nouns behind a number; so are `videos`."""
    videos: str = r"(?!)"
    numbers: tuple[str, ...] = ()
    """The words for two, three and so on, to ten."""
    counted: str = r"(?!)"
    """How many, before the verb of a verb-final language; `{number}` is where the number is."""
    credits: str
    """A whole message that asks what is left to spend."""
    how: str
    """The start of a question how something is done, or what the bot can do."""
    how_to: str = r"(?!)"
    """The same, which without a question mark is a description."""
    draw: str = r"(?!)"
    say: str = r"(?!)"
    say_with_colon: str = r"(?!)"
    ends: Mapping[str, str] = field(default_factory=dict)
    """Closings of a wish in a verb-final language, by operation: all before is the subject."""
    formats: Mapping[str, tuple[str, ...]]
    """Plain words by ratio."""
    and_: str = r"(?!)"
    format_before: str
    format_after: str = r"(?!)"


ENGLISH = Phrases(
    small_talk=(
        *("thanks", "thank you", "thx", "ty", "nice", "cool", "wow", "great", "super", "good bot", "bad bot"),
        *("love it", "lol", "haha", "ok", "okay", "yes", "no", "hi", "hello", "hey", "good morning", "good night"),
    ),
    help=("", "help"),
    again=(
        *("again", "once more", "one more", "another", "another one", "redo", "re-run", "rerun", "run it again"),
        *("do it again", "repeat"),
    ),
    please_before="please|can you|could you",
    please_after=r"\b(?:please)",
    vary="vary|vary it|vary this|variation|variations|a variation|make a variation|variant|a variant",
    subtle="subtle|slight|subtly|slightly",
    strong="strong|wild|strongly|wildly",
    it="it|this|him|her|them",
    animate=(
        "animate|move|bring (?:it|this|him|her|them) to life|make (?:it|this|him|her|them) move"
        "|(?:turn|make) (?:it|this|him|her|them) (?:into )?(?:an? )?(?:video|clip|film)"
        "|make (?:an? )?(?:video|clip|film)(?: of (?:it|this|him|her|them))?"
        "|(?:as )?(?:an? )?(?:video|clip|film)(?: of (?:it|this|him|her|them))?$"
    ),
    as_video=r"\b(?:as|into) (?:a )?(?:video|clip|film)",
    upscale="upscale",
    subtitles=r"\b(?:subtitles?|captions?)\b",
    lipsync="lip ?-?sync",
    make="(?:make|create|generate|draw|paint)(?: me)?",
    article="an?|some",
    of="of|for|about",
    add="add",
    sound="(?:the )?sounds?(?: ?(?:effects?|fx))?",
    video="(?:short )?(?:video|clip|film|animation)",
    music="music|song|track|soundtrack",
    picture="picture|image|photo",
    draw=r"/?imagine|(?:draw|paint)(?: me)?",
    say="say|read aloud|read out|speak",
    pictures="pictures|images|photos",
    videos="videos|clips|films|animations",
    numbers=("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    credits=(
        "(?:show (?:me )?)?my (?:credits|balance|limits?|usage|spending)|credits(?: left)?"
        "|what(?:['’]s| is| are) my (?:credits|balance|limits?|usage)"
        "|how (?:many|much)(?: credits?)? (?:do i|can i|have i|i)(?: still)? (?:have|got|use|used|spend|spent)"
        "(?: left| remaining)?(?: today| this week| this month)?"
        "|how many credits(?: are)? (?:left|remaining)|(?:do i have|are there) (?:any )?credits(?: left)?"
    ),
    how=(
        r"how (?:do|can|could|should|would) (?:i|we|you)\b|how does (?:this|it|that)(?: bot)? work"
        r"|what can (?:you|i|this bot) (?:do|make)\b|what do you do\b|what commands\b|which commands\b"
    ),
    how_to=r"how to\b",
    formats={
        "16:9": ("wide", "wider", "widescreen", "landscape"),
        "9:16": ("portrait", "vertical", "tall", "taller", "upright"),
        "1:1": ("square",),
    },
    and_="and",
    format_before=r"make (?:it|this)\s+|(?:in|as)\s+|(?:a )?(?:bit|little)\s+",
    format_after=r"(?<!\s)\s+(?:format|mode)",
)


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
    please_before=(
        "s['’]il (?:te|vous) pla[iî]t|stp|svp|peux-tu|tu peux|pourrais-tu|pouvez-vous|vous pouvez|pourriez-vous"
    ),
    please_after=r"\b(?:s['’]il (?:te|vous) pla[iî]t|stp|svp)",
    vary="variez?|variez?-l[ea]|varier|(?:(?:fais |faites )?une )?(?:variation|variante)",
    subtle="légère(?:ment)?|subtile(?:ment)?|un peu",
    strong="forte(?:ment)?|beaucoup",
    it="l[ea]|ça|ceci",
    animate=(
        r"animez?-l[ea]|animez? (?:ça|cela|l['’]image|la photo)|animez?(?=\s?[:：])|animer|bouge|fais-l[ea] bouger"
        "|donne-lui vie|(?:transformez?|mets|mettez)(?:-l[ea]| ça)? en (?:une )?(?:vidéo|film)"
        "|(?:fais|faites)-en (?:une vidéo|un film)"
        "|en (?:vidéo|film)$|(?:une )?vidéo$"
    ),
    as_video=r"\b(?:en|comme) (?:une )?vidéo",
    upscale="agrandi[sr](?:-l[ea])?(?: la vidéo)?$|améliore la (?:qualité|résolution)|augmente la résolution",
    subtitles=r"\b(?:sous-titres?|sous-titrer?)\b",
    lipsync="synchro(?:nisation)? labiale|synchronise les lèvres",
    make=("(?:fais|faites|créez|crée|générez|génère|composez|compose)(?:-(?:moi|nous))?|faire|créer|générer|composer"),
    article="une?|des",
    of="de|du|des|sur|pour",
    add="ajoutez?|ajouter|mets|mettez",
    sound="(?:l[ea]s? )?(?:bruits?|bruitages?|effets? sonores?)|(?:le|un) son|son(?= ?[:：])",
    video="(?:courte )?(?:vidéo|animation)(?: courte)?",
    music="musique|chanson|bande-son",
    picture="image|photo|illustration|dessin",
    noun_needs=r"(?=\s*[:：]|\s+(?:de\b|d['’]|du\b|des\b|sur\b|pour\b)|\s*$)",
    draw="(?:dessinez?|peins|peignez)(?:-moi)?|dessiner|peindre",
    say="(?:dis|dites|lis|lisez) à voix haute|prononcez?",
    say_with_colon="dis|dites|lis|lisez|récitez?|parlez?",
    pictures="images|photos|illustrations|dessins",
    videos="vidéos|films|animations",
    numbers=("deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
    credits=(
        "(?:montre(?:-moi)? )?(?:mes crédits|mon solde|mes limites|ma limite|mes dépenses)|crédits"
        "|quel(?:le)? est (?:mon solde|ma limite)"
        "|combien (?:de crédits )?(?:me reste-t-il|il me reste|est-ce qu['’]il me reste|est-ce que j['’]ai|ai-je"
        "|j['’]ai|puis-je dépenser|ai-je dépensé|j['’]ai dépensé)(?: encore)?(?: de crédits)?"
        "(?: aujourd['’]hui| cette semaine| ce mois-ci)?"
        "|il me reste combien(?: de crédits)?|(?:est-ce que j['’]ai|ai-je) (?:encore )?des crédits"
    ),
    how=(
        "comment (?:puis-je|je|est-ce que|on|faire|ça marche|ça fonctionne|utiliser|créer|générer|animer|fais-tu"
        r"|tu (?:marches|fonctionnes))\b|que (?:peux-tu|sais-tu|pouvez-vous|savez-vous|puis-je) faire\b"
        r"|qu['’]est-ce que (?:tu peux|tu sais|vous pouvez|vous savez|je peux) faire\b"
        r"|quelles (?:sont les )?commandes\b"
    ),
    formats={
        "16:9": ("large", "plus large", "paysage", "horizontal", "panoramique"),
        "9:16": ("vertical", "portrait", "plus haut", "plus haute", "verticale"),
        "1:1": ("carré", "carrée"),
    },
    and_="et",
    format_before=r"(?:mets|mettez|fais|faites|rends|rendez)(?:-l[ea])?\s+|(?:en|au)\s+|un peu\s+|format\s+|mode\s+",
)


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
    pictures="bilder|fotos",
    videos="videos|clips|filme",
    numbers=("zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
    credits=(
        "(?:zeige? (?:mir )?)?mein(?:e|en)? (?:credits|guthaben|limits?|verbrauch|ausgaben)|credits"
        "|(?:was|wie hoch) ist mein (?:guthaben|limit)"
        "|wie ?viele? credits? (?:habe? ich|bleiben mir|sind|hab ich)(?: noch)?(?: übrig)?"
        "(?: heute| diese woche| diesen monat)?"
        "|wie ?viel (?:habe?|kann|darf) ich(?: heute)?(?: noch)?(?: übrig| ausgeben| ausgegeben| verbraucht)?"
        "|habe? ich noch credits"
    ),
    how=(
        r"wie (?:kann|mache?|erstelle|erzeuge|bekomme|benutze|nutze|ändere|lösche|animiere|soll|starte) (?:ich|man)\b"
        r"|wie (?:funktionier(?:t|st)|geht) (?:das|es|du|dieser bot|der bot)\b|was kannst du\b"
        r"|was kann (?:ich|man) (?:hier|mit dir)\b|welche befehle\b"
    ),
    formats={
        "16:9": ("breit", "breiter", "querformat"),
        "9:16": ("hochformat", "hochkant", "höher"),
        "1:1": ("quadratisch", "quadrat"),
    },
    and_="und",
    format_before=r"mach es\s+|(?:in|im|als)\s+|etwas\s+",
)


_MAKE = "(?:を)?(?:作って|作成して|生成して|つくって)"
_ADD = "(?:を)?(?:付けて|つけて|追加して|入れて|作って|生成して)"
JAPANESE = Phrases(
    small_talk=(
        *("ありがとう", "ありがとうございます", "どうも", "こんにちは", "こんばんは", "おはよう", "おはようございます"),
        *("おやすみ", "おやすみなさい", "やあ", "はい", "いいえ", "すごい", "いいね", "最高", "かわいい", "了解"),
    ),
    help=("ヘルプ", "助けて", "使い方"),
    again=(
        *("もう一度", "もう一回", "もういちど", "もういっかい", "もう1回", "もう1度", "もう一枚", "もう1枚"),
        *("もう一つ", "もうひとつ", "再実行", "再生成", "やり直して", "やり直し", "繰り返して"),
    ),
    please_before="(?!)",
    please_after="(?:を)?お願い(?:いた|致)?(?:します)?|(?:を)?おねがい(?:します)?|ください|下さい",
    vary="バリエーション(?:を(?:作って|作る|見せて))?|別(?:バージョン|パターン)(?:を作って|で)?|変化させて",
    subtle="少し|軽い|軽く|小さな",
    strong="強い|強く|大きな|大きく|大胆な|大胆に",
    it="(?!)",
    animate=(
        "(?:(?:これ|それ|この画像|画像)を)?"
        "(?:動かして|動画(?:に|化)?(?:して)?|ビデオにして|アニメーションにして|アニメート(?:して)?|動きを(?:付|つ)けて)"
    ),
    as_video="(?:を)?(?:動画|ビデオ|映像|アニメーション)(?:に|化)(?:して)?",
    upscale="アップスケール(?:して)?|高画質(?:に|化)(?:して)?|高解像度(?:に|化)(?:して)?|画質を上げて|拡大して",
    subtitles="字幕",
    lipsync="リップシンク|口パク|口の動きを合わせて",
    sound="効果音|サウンド|音",
    video="(?:動画|ビデオ|映像)(?:を(?:作って|生成して))?",
    music="音楽|曲|歌|bgm",
    picture="画像|絵|イラスト|写真",
    noun_needs=r"(?=\s*[:：]|\s*$)",
    say_with_colon="読み上げて|読み上げ|読んで|言って|話して|ナレーション",
    ends={
        "video.generate": f"(?:の)?(?:動画|ビデオ|映像){_MAKE}|の(?:動画|ビデオ|映像)",
        "music.generate": f"(?:の)?(?:音楽|曲|歌|bgm){_MAKE}|の(?:音楽|曲|bgm)",
        "soundfx.generate": f"の(?:効果音|音)(?:{_ADD})?",
        "narration.generate": "(?:と|って|を)(?:言って|読み上げて)",
        "image.generate": f"(?:の(?:絵|画像|イラスト|写真))?(?:を描いて|{_MAKE})",
    },
    numbers=("二", "三", "四", "五", "六", "七", "八", "九", "十"),
    counted=f"の(?:絵|画像|写真|イラスト)(?:を|、)?{{number}}枚(?:{_MAKE}|(?:を)?描いて)?",
    credits=(
        "(?:私の|自分の|残りの)?(?:クレジット|残高)(?:は|を)?(?:あと|まだ|今)?(?:どれ(?:くらい|ぐらい|だけ)?|いくつ|いくら)?"
        "(?:残ってい(?:る|ます)|残って(?:る|ます)|あります|ある|残り|見せて|教えて)?(?:か)?"
        "|(?:あと|残り)?何クレジット(?:使えますか|使える|残っていますか|残ってる|ありますか|ある)?"
    ),
    how=(
        ".{0,60}(?:どうやって|どうすれば|どうやれば)|何ができ|なにができ"
        "|.{0,60}(?:使い方|作り方|やり方)(?:は|を教えて|が(?:わかりません|わからない))?$"
    ),
    formats={
        "16:9": ("横長", "横向き", "横", "ワイド"),
        "9:16": ("縦長", "縦向き", "縦", "ポートレート"),
        "1:1": ("正方形", "四角", "スクエア"),
    },
    format_before=r"(?:もっと|もう少し|少し)\s*",
    format_after="(?:の?(?:形式|フォーマット|サイズ|比率))?(?:に|で)?(?:して)?",
)


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
        r"anime (?:isso|isto|el[ea]|a imagem|a foto)|anime(?=\s?[:：])|anima|animar|mova|mexa|dê vida"
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
    pictures="imagens|fotos|desenhos|ilustrações",
    videos="vídeos|animações",
    numbers=("dois|duas", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"),
    credits=(
        "(?:mostr[ea] )?(?:meus créditos|meu saldo|meus limites|meu limite|meus gastos)|créditos"
        "|qual é (?:o )?meu (?:saldo|limite)"
        "|quantos cr[eé]ditos (?:eu )?(?:ainda )?(?:tenho|me restam|restam|sobraram|sobram)(?: ainda)?"
        "(?: hoje| esta semana| este mês)?"
        "|quanto (?:eu )?(?:ainda )?(?:tenho|posso gastar|gastei|me resta)(?: ainda)?(?: hoje| esta semana| este mês)?"
        "|(?:eu )?(?:ainda )?tenho créditos"
    ),
    how=(
        r"como (?:(?:eu )?(?:posso|faço|crio|gero|uso|mudo|apago|animo)|(?:isso |você )?funciona|se (?:faz|usa|cria))\b"
        r"|(?:o )?que (?:você )?(?:pode|sabe|consegue|posso) fazer\b|quais (?:são os )?comandos\b"
    ),
    formats={
        "16:9": ("largo", "larga", "mais largo", "mais larga", "paisagem", "horizontal", "panorâmico"),
        "9:16": ("vertical", "retrato", "mais alto", "mais alta"),
        "1:1": ("quadrado", "quadrada"),
    },
    and_="e",
    format_before=r"(?:deixe|deixa|faça|faz)\s+|(?:em|no)\s+|um pouco\s+|formato\s+|modo\s+",
)


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
    pictures="imágenes|imagenes|fotos|dibujos|ilustraciones",
    videos="v[ií]deos|animaciones",
    numbers=("dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
    credits=(
        "(?:muéstrame |enséñame )?(?:mis créditos|mi saldo|mis límites|mi límite|mis gastos)|créditos"
        "|cuál es mi (?:saldo|límite)"
        "|cu[aá]ntos cr[eé]ditos (?:me quedan|tengo|quedan)(?: todavía| aún)?(?: hoy| esta semana| este mes)?"
        "|cu[aá]nto (?:me queda|puedo gastar|he gastado|tengo)(?: todavía| aún)?(?: hoy| esta semana| este mes)?"
        "|(?:todavía |aún )?(?:me quedan|tengo) créditos"
    ),
    how=(
        r"c[oó]mo (?:puedo|se (?:puede|hace|usa|crea)|hago|creo|genero|uso|animo|cambio|borro|funcionas?)\b"
        r"|qu[eé] (?:puedes|sabes|puedo) hacer\b|qu[eé] comandos\b"
    ),
    formats={
        "16:9": ("ancho", "ancha", "más ancho", "más ancha", "apaisado", "apaisada", "horizontal", "panorámico"),
        "9:16": ("vertical", "retrato", "más alto", "más alta"),
        "1:1": ("cuadrado", "cuadrada"),
    },
    and_="y",
    format_before=r"(?:hazl[oa]|ponl[oa])\s+|en\s+|un poco\s+|formato\s+|modo\s+",
)


PHRASES: Mapping[str, Phrases] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "pt-BR": PORTUGUESE,
    "ja": JAPANESE,
}
"""By language. Members of others write commands; what they say is a description."""


def joined(name: str) -> str:
    """Return that field of all languages as one regular expression group."""
    return f"(?:{'|'.join(getattr(each, name) for each in PHRASES.values())})"


def plain(name: str) -> frozenset[str]:
    """Return that field's plain texts in all languages."""
    return frozenset(text for each in PHRASES.values() for text in getattr(each, name))
