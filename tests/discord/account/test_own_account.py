"""A member's own Cannon Studio account: linked in `/me`, and who pays then."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.models import Books, JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from cogs.member.panel import texts
from cogs.member.panel.texts import KEY_STAYS
from tests.support import me
from tests.support.channels import press
from tests.support.own_account import ADAS_KEY, link, linked, spent, words
from tests.support.prices import priced
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import fill, panel_text, private_sentence


async def test_a_key_is_linked_shown_by_four_characters_and_removed(rig: Rig):
    answer = await link(rig, rig.member, ADAS_KEY)
    page = await me.opened(rig, rig.member, "account")
    assert f"…{ADAS_KEY[-4:]}" in words(page)
    assert ADAS_KEY not in words(page)
    assert ADAS_KEY not in words(answer.response)
    assert "300" in words(page)
    await rig.member.click(page, custom_id="c1:account_remove:key")
    assert await rig.bot.parts.store.keys.current(rig.member.id) is None
    page = await me.opened(rig, rig.member, "account")
    assert "not linked" in words(page)
    rows = await rig.bot.parts.store._database.read(
        lambda db: db.execute("SELECT count(*) FROM guild_keys WHERE guild_id = ?", (rig.member.id,)).fetchone()[0]
    )
    assert rows == 0


async def test_the_first_request_asks_who_pays_and_remembers(rig: Rig):
    answer = await rig.member.slash(rig.channel, "image generate", prompt="a fox", pay="mine")
    assert "/me" in private_sentence(answer)
    await link(rig, rig.member, ADAS_KEY)
    asked = await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert "Who pays?" in asked.response.content
    assert await rig.jobs() == []
    await rig.member.click(asked.response, label="I pay")
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.books, job.payer_id) == (JobState.DELIVERED, Books.OWN, rig.member.id)
    assert rig.sandbox.spent(ADAS_KEY) == 12
    assert rig.sandbox.spent(HOST_KEY) == 0
    await rig.member.slash(rig.channel, "image generate", prompt="a second fox")
    await rig.work()
    assert rig.sandbox.spent(ADAS_KEY) == 24
    await rig.member.slash(rig.channel, "image generate", prompt="a third fox", pay="server")
    await rig.work()
    assert (rig.sandbox.spent(ADAS_KEY), rig.sandbox.spent(HOST_KEY)) == (24, 12)
    report = await rig.bot.parts.store.reports.totals(rig.guild.id, [(0, rig.clock.wall() + 1)])
    assert report.total == 12
    assert await rig.bot.parts.store.check() == []


async def test_a_limit_of_the_server_has_a_button_that_pays_with_mine(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY, "server")
    await priced(rig)
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(5))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)
    refused = await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert await rig.jobs() == []
    await rig.member.click(refused.response, label="Pay with mine")
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.books) == (JobState.DELIVERED, Books.OWN)
    assert spent(rig)[:3] == (0, 0, 12)
    for reader, sees in ((rig.member, True), (rig.moderator, False)):
        details = await press(rig, reader, "details", job.id)
        assert ("12 credits" in panel_text(details.response)) is sees


async def test_the_question_of_delete_my_data_names_the_own_key_and_offers_to_remove_it(rig: Rig):
    assert "Cannon account" not in str((await me.ask_to_delete(rig, rig.member)).modal)
    await linked(rig, rig.member, ADAS_KEY)
    stays = str(KEY_STAYS(key=ADAS_KEY[-4:]))
    word = {texts.TYPE_WORD(word=str(texts.DELETE_WORD)): str(texts.DELETE_WORD)}
    for is_removed in (False, True):
        form = await me.ask_to_delete(rig, rig.member)
        assert stays in str(form.modal)
        done = await rig.member.submit_modal(form, fill(form, word | {str(texts.REMOVE_KEY_TOO): is_removed}))
        assert (stays in done.response.content) is not is_removed
        assert ("is removed and deleted" in done.response.content) is is_removed
        assert (await rig.bot.parts.store.keys.current(rig.member.id) is None) is is_removed
