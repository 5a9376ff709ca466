"""A key in the wrong field is refused before it is stored, shown, or sent; the forms for keys take it."""

from __future__ import annotations

from bot.domain.texts import LOOKS_LIKE_KEY
from tests.support.erased import left_in_files, sealed_key, send_key
from tests.support.recipes import new_recipe
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import fill, private_sentence, sends

KEY = "cs_live_9f8e7d6c5b4a39281706"
TOKEN = "MTA4NDk2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789_-AB"
COMMANDS = [
    ("image generate", {"prompt": f"a fox {TOKEN} in fog"}),
    ("video generate", {"prompt": "a fox", "style": KEY}),
    ("audio narration", {"text": KEY}),
    ("batch", {"operation": "image.generate", "prompts": KEY}),
]


def _seen(rig: Rig) -> str:
    return "\n".join(str(body) for _, body in sends(rig))


async def test_a_command_with_a_key_is_refused(rig: Rig):
    for command, options in COMMANDS:
        answer = await rig.member.slash(rig.channel, command, **options)
        assert private_sentence(answer) == str(LOOKS_LIKE_KEY), command
    await rig.work()
    assert rig.sandbox.posts == 0
    assert left_in_files(rig.folder, KEY, TOKEN) == {}
    assert KEY not in _seen(rig)


async def test_a_form_with_a_key_is_refused(rig: Rig):
    form = await new_recipe(rig)
    steps = f"image.generate\nprompt: {KEY}"
    texts = {"Name": "again", "About": "", "Inputs": "", "Steps": steps}
    assert private_sentence(await rig.moderator.submit_modal(form, fill(form, texts))) == str(LOOKS_LIKE_KEY)
    assert left_in_files(rig.folder, KEY) == {}


async def test_a_mention_with_a_key_is_refused(rig: Rig):
    await rig.member.send(rig.channel, f"<@{rig.bot.user.id}> draw {KEY}")
    assert rig.messages()[-1].content.startswith(str(LOOKS_LIKE_KEY)[:30])
    assert left_in_files(rig.folder, KEY) == {}


async def test_the_form_for_keys_takes_one(rig: Rig):
    await send_key(rig, GUILD_KEY)
    assert sealed_key(rig)


async def test_words_that_only_begin_alike_pass(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="cs_go_dust_2 map, cs_live_fox #fast")
    await rig.work()
    assert rig.sandbox.posts == 1
