"""`/event`."""

from __future__ import annotations

from bot.language import Text

# ---------------------------------------------------------------------- commands and options

EVENT = "See this server's events; moderators: announce one with a purse and a vote"
THEME_OPTION = "What it is about, e.g. Cats in space"
ENDS_OPTION = "2h or 3d from now, 18:00, or 2026-12-24 18:00 in the server's time zone"
PURSE_OPTION = "Credits that pay first for those who take part, apart from their limits"
CAP_OPTION = "Credits that the purse pays for one member at most; a quarter of it if empty"
CHANNEL_OPTION = "Where it takes place, with its threads; here if empty"
PRIZES_OPTION = "Credits granted to the first, second, and third, e.g. 50 30 20"

# ---------------------------------------------------------------------- the panel

TITLE = Text("Events")
NONE = Text("No event is announced or running here.")
HOW = Text("Moderators announce one with `theme`, `ends`, and `purse`.")
IN_CHANNEL = Text("**{theme}** in {channel}", channel="<#{}>".format)
CANCEL_ONE = Text("Cancel an event…")
SURE = Text("Cancel “{theme}”? There will be no prizes, and the purse pays no longer.")
YES = Text("Cancel the event")
KEEP = Text("Keep")
PREVIEW = Text("Announce this in {channel}? It begins at once.", channel="<#{}>".format)
ABOVE_BALANCE = Text("⚠️ The purse is more than the {free} that your Cannon Studio account has left.")
ANNOUNCE = Text("Announce")
ANNOUNCED = Text("The event is announced in {channel}.", channel="<#{}>".format)
CANCELLED = Text("The event “{theme}” is canceled.")
