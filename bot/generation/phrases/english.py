"""What members say in English."""

from __future__ import annotations

from bot.generation.phrases.kind import Phrases

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
    formats={
        "16:9": ("wide", "wider", "widescreen", "landscape"),
        "9:16": ("portrait", "vertical", "tall", "taller", "upright"),
        "1:1": ("square",),
    },
    and_="and",
    format_before=r"make (?:it|this)\s+|(?:in|as)\s+|(?:a )?(?:bit|little)\s+",
    format_after=r"(?<!\s)\s+(?:format|mode)",
)
