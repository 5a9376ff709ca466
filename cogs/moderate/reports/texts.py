"""What members read who report a result or ask for a refund, and moderators who act on a line of the log channel."""

from bot.language import Text, ntr, tr

# ---------------------------------------------------------------------- a member asks

REPORT_FORM = Text("Report this result")
REPORT_INPUT = Text("What is wrong with it?")
REPORT_HINT = Text("Moderators read this and see who sent it.")
REPORT_SENT = Text("Thanks. The moderators have your report.")
REFUND_WAITS = Text("Your refund request is with the moderators.")

# ---------------------------------------------------------------------- moderators act

REMOVE_REPORTED, REFUND = Text("Remove result"), Text("Refund")
BLOCK_AUTHOR, BLOCK_MEMBER = Text("Block author"), Text("Block member")
DISMISS_REPORT = Text("Dismiss")
DISMISSED_BY = Text("Dismissed by {moderator}.", moderator="<@{}>".format)
BLOCK_QUESTION = Text(
    "How long should {member} be blocked? Their jobs that are still waiting end.", member="<@{}>".format
)


def block_days(days: int) -> str:
    """Label a button that blocks for so many days; 0: permanently."""
    return ntr("Block for {count} day", "Block for {count} days", days) if days else tr("Block permanently")
