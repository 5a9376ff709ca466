"""The words of the tour, in every language of the bot.

A step names commands as `{image generate}` and channels as `{#gallery}`; `TourStep` puts mentions in their places.
"""

from __future__ import annotations

from bot.language import Text, tr

BACK, NEXT, AGAIN = Text("Back"), Text("Next"), Text("Start again")
JUMP = Text("Go to a step…")


def title(number: int, count: int, heading: str) -> str:
    """Return the title of a step."""
    return tr("{number} of {count} · {heading}", number=number, count=count, heading=heading)


WELCOME = Text(
    "Welcome to the demo. This is the real bot; only Discord and Cannon Studio are simulated, on this computer. "
    "Nothing costs real credits."
)

PICTURE = Text("Generate an image")
PICTURE_TRY = Text(
    "Click {image generate}, type a prompt such as `a lighthouse in fog`, and press Enter.\n\n"
    "The card shows the price first, then the progress, and in the end what it really cost."
)
REACT = Text("React to a result")
REACT_TRY = Text(
    "Point at a result, click ☺ and pick an emoji:\n"
    "🔁 Re-run · 🎲 Vary · 🎬 Animate · ⭐ Vote for the gallery · ✉️ Send to your DMs · ❌ Remove your own result\n\n"
    "Two stars bring a result to {#gallery}. The person who reacts pays."
)
VARY = Text("Make another one")
VARY_TRY = Text(
    "Each result has buttons, with their price. **Re-run** makes it again with a new seed. **Vary** asks how different "
    "it should be. **Edit and run** opens the prompt first."
)
STEP = Text("Take the next step")
STEP_TRY = Text(
    "Choose **Next step…** below an image to animate it, edit it, or use it in a new image. Video and audio have next "
    "steps too, such as subtitles, lip sync, and upscaling.\n\n"
    "{jobs list} finds every result again, with what it was made from and what it cost."
)
RECIPE = Text("Run a recipe")
RECIPE_TRY = Text(
    "Run {recipe run} with the recipe `trailer`. One prompt becomes an image, a video, sound effects, and subtitles: "
    "five steps on one card, each with its state and cost.\n\n"
    "You see the steps and the price before anything starts."
)
FAULTS = Text("See it fail")
FAULTS_TRY = Text(
    "Here, a word in your prompt makes Cannon Studio fail. Try {image generate} with `a lamp #fail`.\n"
    "`#fail` The job fails, and its credits are refunded.\n"
    "`#slow` The job takes ten times as long, so you can try **Cancel**.\n"
    "`#broke` The account has no credits left.\n"
    "`#flood` Cannon Studio has too many requests, and the bot retries.\n"
    "`#none` The job succeeds without a result.\n"
    "`#gone` The file cannot be downloaded.\n"
    "`#big` The file is too large for Discord, so you get a link.\n"
    "`#billed` The job fails, but Cannon Studio keeps the credits."
)
MODERATE = Text("Be a moderator")
MODERATE_TRY = Text(
    "Choose **Morgan (moderator)** under *Viewing as* at the top of the page. Morgan also sees {#review}, where "
    "Bo's long video waits for your **Approve**, and {#staff-log}, which records every decision.\n\n"
    "{usage report} shows who spent how much on what. {studio settings} and {quota set} hold the rules."
)
SET_UP = Text("Set it up for your server")
SET_UP_TRY = Text(
    "Still as Morgan: {studio setup} takes you through everything a new server needs, one question at a time. "
    "{studio status} shows what is missing.\n\n"
    "To see how the bot greets a new server, stop this demo and run `cannon-bot demo --new` "
    "(or `make demo ARGS=--new`). There you can also turn on practice: every command works without a key or credits, "
    "and every card says so."
)
