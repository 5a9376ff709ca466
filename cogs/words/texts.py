"""What the answers to members' words say."""

from bot.domain.models import credits_words
from bot.generation.words import AGAIN, NEXT_SHOT, TO_4K, VARY
from bot.language import Text

CONTINUE = Text("Continue")
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
PRICE_UNKNOWN = Text(
    "I don't know this price yet: it is perhaps {guess}, and it can be more. A moderator can set a price in "
    "`/studio settings`.",
    why="price.unknown",
    guess=credits_words,
)
NOT_CHARGED = Text("You are not charged until you press the button.")
MAKES = {
    "image.generate": Text("🎨 Generate a new image?"),
    "image.edit": Text("✏️ Edit this image?"),
    "video.generate": Text("🎬 Generate a video?"),
    "video.upscale": Text("⬆️ Upscale this video?"),
    "subtitles.generate": Text("💬 Add subtitles to this video?"),
    "soundfx.generate": Text("🔊 Generate a sound effect?"),
    NEXT_SHOT: Text("🎬 Make the next shot?"),
    AGAIN: Text("🔁 Re-run this?"),
    VARY: Text("🎲 Make a variation?"),
    TO_4K: Text("🔼 Upscale this image to 4K?"),
}
"""The question about a choice that is the only one."""
WHICH_ONE = Text("Which one do you mean?")
HOW_MANY, RATIO = Text("I'll make {count}."), Text("The aspect ratio will be {ratio}.")
FIRST_FILE = Text("I use the first of your {count} files.")
UNUSABLE = Text("{file} is not an image, a video, or audio. Attach one of these, or only write.")
"""Refuse an attached file; `name` is harmless."""
