"""What the answers to members' words say."""

from bot.domain.models import credits_words
from bot.language import Text, plain_amount, sentences

CONTINUE = Text("Continue")
CONTINUE_UP_TO = Text("Continue · about {most} at most", most=plain_amount)
EXPIRED = Text("This offer has expired. Mention me again with what you want.", why="button.gone")
NOT_YOURS = Text(
    "Only the author of that message can use this. Mention me yourself to make your own.", why="owner.only"
)
CANNOT_SEE_FILES = Text(
    "Discord doesn't show me files in other people's messages. Right-click that message and choose Apps, or mention me "
    "with the file attached."
)
NOTHING_THERE = Text(
    "That message has no result. Reply to one of my images, videos, or audio files.", why="source.no_result"
)
FILES_NOT_AGAIN = Text("“Again” and “vary” work on my results only. Reply to one of them.")
SEE_PRICE = Text("See the price")
PRICE_ON_BUTTON = Text("The button shows the price.")
CREDITS_HERE, SHOW_CREDITS = Text("`/me` shows what you have left. Only you see it."), Text("Show my credits")
HELP_HERE, SHOW_HELP = Text("`/help` explains what I can do and how."), Text("Show help")
PRICE_UNKNOWN = Text(
    "I don't know this price yet: it is about {most} at most.", why="price.unknown", most=credits_words
)
NOT_CHARGED = Text("You are not charged until you press the button.")
PRICE_FIRST = Text("You see the price first. You are not charged until you confirm.")

MAKES = {
    "image.generate": Text("🎨 Generate a new image?"),
    "image.edit": Text("✏️ Edit this image?"),
    "video.generate": Text("🎬 Generate a video?"),
    "video.upscale": Text("⬆️ Upscale this video?"),
    "subtitles.generate": Text("💬 Add subtitles to this video?"),
    "soundfx.generate": Text("🔊 Generate a sound effect?"),
    "music.generate": Text("🎵 Generate music?"),
    "narration.generate": Text("🗣️ Turn your text into speech?"),
    "lipsync.generate": Text("👄 Lip-sync this video?"),
    "sora2.video.remix": Text("🎬 Remix this video?"),
}
HOW_MANY, RATIO = Text("I'll make {count}."), Text("The aspect ratio will be {ratio}.")
NEXT_SHOT = Text("🎬 Make the next shot?")
AGAIN, VARY = Text("🔁 Re-run this?"), Text("🎲 Make a variation?")
UNUSABLE = Text("{file} is not an image, a video, or audio. Attach one of these, or only write.")
"""Refuse an attached file; `name` is harmless."""


def offer(makes: Text, ratio: str, count: int = 0, *, price: str) -> str:
    """Offer what was understood; `ratio` is '' or as in 16:9, `count` 0 if it was not said, `price` a sentence."""
    said = [
        str(makes),
        *([HOW_MANY(count=count)] if count > 1 else []),
        *([RATIO(ratio=ratio)] if ratio else []),
        price,
    ]
    return sentences(*said)
