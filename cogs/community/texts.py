"""`/shootout`."""

from __future__ import annotations

from bot.domain.server.shootouts import ShootoutKind
from bot.language import Plural, Text

# ---------------------------------------------------------------------- commands and options

SHOOTOUT = "Make the same on two to four models, and let members vote which is best"
PROMPT_OPTION = "What to make; leave it empty to see which models have won here"
KIND_OPTION = "An image, which is the default, or a video"
MODELS_OPTION = "Two to four models, separated by commas; by default this server's and the best known"
MINUTES_OPTION = "How long members can vote once the results are there; 10 by default"
KIND_IMAGE, KIND_VIDEO = "Image", "Video"

# ---------------------------------------------------------------------- answers

VOTED = Text("You voted for {letter}. You can change it until {when}.")
VOTED_EARLY = Text("You voted for {letter}. You can change it until the vote ends.")
ENDED_NOW = Text("The vote has ended. The card shows the result.")
DEFAULT_NOW = Text("{model} is this server's default now for “{operation}”.")

# ---------------------------------------------------------------------- the table

TITLE = Text("Shoot-outs on this server")
ABOUT = Text("Start one with a prompt: the same on several models, without their names, and members vote.")
NOTHING_YET = Text("No shoot-out has ended here yet.")
KINDS = {
    ShootoutKind.IMAGE: Text("Images"),
    ShootoutKind.PORTRAIT: Text("Portraits"),
    ShootoutKind.LETTERING: Text("Text in images"),
    ShootoutKind.VIDEO: Text("Videos"),
}
WINS = Plural("{count} win", "{count} wins")
STANDING = Text("**{number}** {model} · {wins} of {rounds} · {rate} wins per 100 credits")
