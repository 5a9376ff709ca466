"""The words of the demo, in its page and in the terminal."""

from __future__ import annotations

DEMO_EXTRA_MISSING = (
    "The demo needs the extra `demo`: install with `pip install 'cannon-bot[demo]'`, or use `make demo`."
)

BOT_NAME = "Cannon Studio"
GUILD_NAME = "Cannon Demo"
CHANNEL_TOPIC = "Pictures, films and sound by slash command"
MODERATOR_NAME, MEMBER_NAME = "Morgan (moderator)", "Ada (member)"
WELCOME = (
    "Welcome to the demo. Everything here is the real bot; only Discord and Cannon Studio are simulated, on this "
    "machine.\nPick `/image generate` in the composer below and give it a prompt. `/help` shows what "
    "everything costs. Only of `/audio music` nobody knows the price yet, so you confirm it first; the moderator's "
    "`/studio status` shows what the account has."
)
DEMO_STARTED = "cannon-bot demo: the real bot on a simulated Discord, with Cannon Studio simulated on this machine."
HOW_TO_STOP = "Ctrl-C stops it."
