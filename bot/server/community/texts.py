"""Texts of shoot-outs that are stored, and their refusals."""

from __future__ import annotations

from bot.account.texts import actor
from bot.language import Text

SHOOTOUT_ENDED = Text("{who} ended a member's shoot-out before its time.", who=actor)
MODELS_COUNT = Text("A shoot-out needs 2 to 4 different models, separated by commas.", why="input.model")
VOTE_ENDED = Text("This vote has ended. The card says who won.", why="vote.ended")
NOTHING_TO_VOTE = Text("This one has no result, so it takes no votes. Choose another letter.", why="source.no_result")
NOT_COMPLETE = Text(
    "Not all results are there yet. The vote can end once they are, or press **Cancel** on the card.",
    why="vote.open",
)
NOT_YOURS_TO_END = Text("Only its author and moderators can end this vote.", why="role.moderator")
NO_WINNER = Text("This shoot-out has no winner, so there is no model to make the default.", why="vote.ended")
