"""What the page says in place of simcord."""

from __future__ import annotations

from bot.language import Text

DEMO_NOTE = Text("Demo · simulated Discord")
VIEWING_AS, CONVERSATION, FORM = Text("Viewing as"), Text("Conversation"), Text("Form")

NO_ANSWER = Text("The app did not respond. Try again.")
UNCERTAIN = Text("No answer arrived. The page loads again in a moment.")
INTERRUPTED = Text("The connection was interrupted. Trying again…")
ENDED = Text("The demo has ended.")
CANNOT_SEE = Text("You can't see this channel.")

EARLIER_MESSAGES, NEWER_MESSAGES = Text("Load earlier messages"), Text("Newer messages")
NEW_MESSAGES, NO_MESSAGES = Text("New messages · jump to the latest"), Text("No messages in this channel yet.")
ONLY_YOU, THINKING, EDITED = Text("Only you can see this"), Text("Thinking…"), Text("(edited)")
REPLY, EDIT, DELETE, PIN, UNPIN = Text("Reply"), Text("Edit"), Text("Delete"), Text("Pin"), Text("Unpin")
CONFIRM_DELETE = Text("Delete this message? You can't undo this.")
UNKNOWN_AUTHOR, USED, FORWARDED = Text("Unknown author"), Text("{name} used"), Text("Forwarded")
MESSAGE_ACTIONS = Text("Message actions")

MESSAGE, MESSAGE_TO, SEND = Text("Message"), Text("Message {channel}"), Text("Send")
EDIT_MESSAGE, EDITING, CANCEL_EDIT = Text("Edit message"), Text("Editing a message"), Text("Cancel editing")
REPLYING, CANCEL_REPLY = Text("Replying to a message"), Text("Cancel the reply")
COMMANDS_ONLY = Text("You can use commands here")

OPTIONS, COMMANDS, MEMBERS, ROLES, CHANNELS = (
    Text("Options"),
    Text("Commands"),
    Text("Members"),
    Text("Roles"),
    Text("Channels"),
)
LOADING_COMMANDS, NO_COMMANDS = Text("Loading commands…"), Text("There are no commands here.")
MORE_COMMANDS, COMMAND_GONE = Text("Some commands are not shown"), Text("This command no longer exists.")
OPTIONAL, MORE_OPTIONS = Text("+{count} optional"), Text("+{count} options")
LOADING, NO_OPTIONS, NO_MATCH = Text("Loading options…"), Text("The options did not load."), Text("No options match")
REQUIRED = Text("This field is required.")
BAD_LENGTH, BAD_RANGE = Text("This text is too short or too long."), Text("This number is too small or too large.")
BAD_VALUE, CHOOSE_ONE = Text("Enter a valid value."), Text("Choose one of the options.")
CHOOSE_FILE, BAD_FILE_TYPE = Text("Choose a file"), Text("This file type is not allowed.")
FILE_TOO_LARGE, FILES_TOO_LARGE = (
    Text("This file is larger than 10 MB."),
    Text("Together, these files are larger than 25 MB."),
)
REMOVE_NAMED = Text("Remove {name}")

SELECT_ONE, SELECT_SOME, CLEAR = Text("Make a selection"), Text("Make one or more selections"), Text("Clear selection")
SEARCH, PREVIOUS, NEXT_PAGE, APPLY = Text("Search"), Text("Previous"), Text("Next"), Text("Apply")
CHOOSE_SOME = Text("Choose {minimum} to {maximum} options.")
AT_LEAST, AT_MOST = Text("Choose at least {count}."), Text("Choose no more than {count}.")
LONGER, SHORTER = Text("Enter at least {count} characters."), Text("Enter no more than {count} characters.")
WAIT = Text("One moment, your last action is still in progress.")

CANCEL, SUBMIT, CLOSE = Text("Cancel"), Text("Submit"), Text("Close")
FORM_GOES_TO = Text("This form goes to {name}. Don't share passwords or other sensitive information.")
DROP_FILES, BROWSE = Text("Drop files here or"), Text("browse")
UPLOAD_LIMIT = Text("Up to {count} files, 10 MB each.")

PICTURE_ALT, OPEN_PICTURE, OPEN_ORIGINAL = Text("Image"), Text("Open the image"), Text("Open the original")
ZOOM, FIT = Text("Zoom in"), Text("Fit to the window")
DOWNLOAD, UNAVAILABLE, REVEAL = Text("Download {name}"), Text("{name}: not available"), Text("Show spoiler")
UNAVAILABLE_LINK, ATTACHED_FILE = Text("Link not available"), Text("Attached file")

TODAY_AT, YESTERDAY_AT = Text("Today at {time}"), Text("Yesterday at {time}")
"""When a message was posted; `time` is the time of day."""
