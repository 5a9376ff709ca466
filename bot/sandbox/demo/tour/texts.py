"""The words of the tour."""

from __future__ import annotations

BACK, NEXT, AGAIN = "Back", "Next", "Start again"
JUMP = "Go to a step…"


def title(number: int, count: int, heading: str) -> str:
    """Return the title of a step."""
    return f"{number} of {count} · {heading}"


WELCOME = (
    "Welcome to the demo. Everything here is the real bot; only Discord and Cannon Studio are simulated, on this "
    "machine. Nothing costs anything."
)

PICTURE = "Make a picture"
PICTURE_TRY = (
    "Click {image generate}, write a prompt such as `a lighthouse in fog`, and press Enter.\n\n"
    "The card says what the picture will cost, then what it has cost, and how long it takes."
)
REACT = "React to a result"
REACT_TRY = (
    "Point at a picture, click ☺ and choose:\n"
    "🔁 runs it again · 🎲 makes a variant · 🎬 animates it · ⭐ is a vote for the gallery · ✉️ sends it to you · "
    "❌ removes your own.\n\n"
    "Two stars bring a picture to {#gallery}. Whoever reacts pays."
)
VARY = "Make another one"
VARY_TRY = (
    "Below each result are buttons, with the price on them: **Re-run** makes it again with a new seed, **Vary** asks "
    "how different it may be, **Edit and run** opens the prompt first."
)
STEP = "Take the next step"
STEP_TRY = (
    "Choose **Next step…** below a picture to make a film of it, edit it or use it in a new picture. Film and sound "
    "have next steps too: subtitles, lip sync, a sharper version.\n\n"
    "{jobs show} shows the whole family of a result, with what it cost."
)
RECIPE = "Run a recipe"
RECIPE_TRY = (
    "{recipe run} with the recipe `trailer` turns one prompt into a picture, a film, sound effects and subtitles: five "
    "steps on one card, each with its state and cost.\n\n"
    "{recipe show} tells what it will do, and what it costs."
)
FAULTS = "See it fail"
FAULTS_TRY = (
    "A word in a prompt makes Cannon Studio fail here. Try {image generate} with `a lamp #fail`.\n"
    "`#fail` the job fails, and its credits are refunded\n"
    "`#slow` it takes ten times as long, so there is time for **Cancel**\n"
    "`#broke` the account has no credits left\n"
    "`#flood` Cannon Studio says “too many requests”, and the bot tries again\n"
    "`#none` it succeeds without a result\n"
    "`#gone` the file cannot be downloaded\n"
    "`#big` the file is too large for Discord, so you get a link\n"
    "`#billed` it fails, but Cannon Studio keeps the credits"
)
MODERATE = "Look as a moderator"
MODERATE_TRY = (
    "Choose **Morgan (moderator)** under *Viewing as*, at the top of the page. Now you also see {#review}, where "
    "Bo's long film waits for your **Approve**, and {#staff-log}, where every decision leaves a line.\n\n"
    "{usage report} draws the week: who has spent how much, on what. {studio settings} and {quota set} hold the rules."
)
SET_UP = "Set it up for your server"
SET_UP_TRY = (
    "Still as the moderator: {studio setup} goes through everything a new server needs, one question at a time, and "
    "{studio status} shows what is still missing.\n\n"
    "To see the first minutes of a server that has just invited the bot, stop this demo and start it with "
    "`cannon-bot demo --new` (or `make demo ARGS=--new`). There you can also switch on practice, in which everything "
    "works without a key or credits, and every card says so."
)
