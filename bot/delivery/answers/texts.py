"""What members read when an answer fails."""

from bot.language import Text

UNEXPECTED = Text(
    "Something went wrong in the bot. Check `/jobs`, and try again if no job was started.", why="bot.fault"
)
DISCORD_TROUBLE = Text(
    "Discord is having trouble and didn't accept the bot's answer. Check `/jobs`, and try again if no job was started.",
    why="discord.trouble",
)
GET_SUPPORT = Text("Get support")
OLD_COMMAND = Text(
    "The bot was updated and no longer has this command. Reload Discord and try again.", why="bot.restarted"
)
WARNING = "⚠️ {sentence}".format
