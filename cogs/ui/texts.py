"""Texts that several packages of the surface say to people, in one place: they can be reworded without touching logic.

What only one package says is in its own `texts.py`.
"""

GONE = "This is no longer there, or it is not yours to use."
"""The constant answer: it does not reveal whether a job of another server exists."""
IN_SERVER_ONLY = "This works in a server only: a server's key pays for it."
MODERATORS_ONLY = (
    "Only moderators can do this: who may manage this server, or has the role that `/studio settings` names."
)
HOST_ONLY = "Only the owner of this bot, or the team that runs it, can do this for all servers."
PRIVATE_OPTION = "Only you see it; a late result comes as a direct message"
NONE_LISTED = "None."
DELETE = "Delete"
