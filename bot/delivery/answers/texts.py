"""What members read when an answer fails."""

from bot.language import Text

UNEXPECTED = Text(
    "Something went wrong in the bot. Check `/jobs`, and try again if no job was started.", why="bot.fault"
)
MESSAGE_DELETED = Text("The message was deleted in the meantime.", why="button.gone")
DISCORD_TROUBLE = Text(
    "Discord is having trouble and didn't accept the bot's answer. Check `/jobs`, and try again if no job was started.",
    why="discord.trouble",
)
GET_SUPPORT = Text("Get support")
SERVER_ONLY = Text("You can use this only in a server.", why="place.server")
NEEDS_MANAGE_SERVER = Text("You need the permission Manage Server for this.", why="role.manager")
OLD_COMMAND = Text(
    "The bot was updated and no longer has this command. Reload Discord and try again.", why="bot.restarted"
)
FORM_LOST = Text(
    "The bot was restarted after you opened this form, so nothing was saved. Please open it again.", why="bot.restarted"
)
WARNING = "⚠️ {sentence}".format
