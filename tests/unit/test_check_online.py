"""What `cannon-bot check` finds at Discord: as a start it calls the API, and it begins no session."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from discord.http import Route

from bot.app.entry_points import check
from bot.app.host.check import Findings, of_cannon
from bot.app.host.texts import FORM_NOT_KNOWN, NO_USER_INSTALL
from bot.catalogue import OPERATIONS, Catalogue, describe
from bot.runtime.clock import Clock, SystemClock
from bot.settings import SecretStr, Settings
from tests.support.wire.server import WireDiscord
from tests.unit.test_cli import TOKEN, cannon_bot

pytestmark = pytest.mark.long


class ShiftedClock(SystemClock):
    """The machine's clock, set wrong by some seconds."""

    def __init__(self, ahead_s: float) -> None:
        self.ahead_s = ahead_s

    def wall(self) -> float:
        return super().wall() + self.ahead_s


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WireDiscord]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)  # it is changed for the whole process
    async with WireDiscord() as there:
        yield there


def settings(url: str, token: str, **values: object) -> Settings:
    chosen: dict[str, object] = {"discord_token": SecretStr(token), "discord_api_url": url}
    return Settings(**chosen | values)  # type: ignore[arg-type]  # as the test gives them


async def found(chosen: Settings, clock: Clock | None = None) -> Findings:
    return await check(chosen, clock or SystemClock(), is_online=True)


async def test_where_all_is_well_the_token_and_the_gateway_are_tried_without_a_session(
    discord: WireDiscord, tmp_path: Path
) -> None:
    values = {"DISCORD_TOKEN": discord.token, "DISCORD_API_URL": discord.url, "CANNON_API_URL": "http://127.0.0.1:9"}
    done = await asyncio.to_thread(
        cannon_bot, "check", cwd=tmp_path, PRIVACY_URL="https://example.org/privacy", **values
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith("OK: settings, database, migrations, commands, and Discord.\n1 warning:\n")
    assert "Cannon Studio can't be reached at http://127.0.0.1:9." in done.stdout
    assert {call.path for call in discord.rest.calls} == {"/users/@me", "/oauth2/applications/@me", "/gateway/bot"}
    assert discord.gateway.live == []


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_description_of_unknown_form_is_reported(is_known: bool) -> None:
    document = describe(Catalogue(OPERATIONS)) if is_known else {"openapi": "3.1.0", "paths": {"/v2/make": {"get": {}}}}

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(document)

    runner = web.AppRunner(web.Application())
    runner.app.router.add_get("/api/v1/openapi", answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        chosen = Settings(cannon_api_url=f"http://127.0.0.1:{runner.addresses[0][1]}")
        assert await of_cannon(chosen, SystemClock()) == Findings(warnings=[] if is_known else [FORM_NOT_KNOWN])
    finally:
        await runner.cleanup()


async def test_a_refused_token_is_one_problem(discord: WireDiscord) -> None:
    problems = (await found(settings(discord.url, TOKEN))).problems
    assert problems == ["Discord rejects DISCORD_TOKEN. Copy the current token from the Bot page of your application."]


async def test_an_unreachable_discord_is_one_problem_with_the_systems_reason(discord: WireDiscord) -> None:
    (problem,) = (await found(settings("http://127.0.0.1:9", discord.token))).problems
    assert problem.startswith("Discord can't be reached (Connection refused).")


async def test_a_discord_that_does_not_answer_is_one_problem(
    discord: WireDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.entry_points.ANSWER_S", 0.2)
    discord.fault("GET", "/users/@me", status=200, hold=True)
    (problem,) = (await found(settings(discord.url, discord.token))).problems
    assert problem.startswith("Discord can't be reached (no answer in time).")


async def test_a_gateway_behind_a_firewall_is_one_problem(discord: WireDiscord) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        port = closed.getsockname()[1]
    discord.rest.gateway_url = f"ws://127.0.0.1:{port}/gateway"
    (problem,) = (await found(settings(discord.url, discord.token))).problems
    assert problem.startswith("Discord's gateway can't be reached at 127.0.0.1 (Connection refused).")


async def test_what_the_application_lacks_is_told(discord: WireDiscord) -> None:
    discord.rest.application = {"bot_public": True, "interactions_endpoint_url": "https://example.org/there"}
    chosen = settings(discord.url, discord.token, cannon_api_key=SecretStr("cs_live_abcdefgh"))
    there = await found(chosen)
    assert [each.split(",")[0] for each in there.problems] == ["The application has an Interactions Endpoint URL"]
    policy, key = there.warnings
    assert "PRIVACY_URL" in policy
    assert "CANNON_API_KEY_GUILDS" in key
    discord.rest.application = {"bot_public": False}
    assert await found(chosen) == Findings()
    discord.rest.application = {"bot_public": False, "integration_types_config": {"0": {}}}
    assert (await found(chosen)).facts == [NO_USER_INSTALL]
    chosen = settings(discord.url, discord.token, own_accounts="servers")
    assert await found(chosen) == Findings()


@pytest.mark.parametrize(("ahead_s", "says"), [(600.0, "ahead of"), (-600.0, "behind"), (20.0, "")])
async def test_a_clock_that_is_off_is_told(discord: WireDiscord, ahead_s: float, says: str) -> None:
    discord.rest.application = {"bot_public": False}
    there = await found(settings(discord.url, discord.token), ShiftedClock(ahead_s))
    assert there.problems == []
    assert [says in each for each in there.warnings] == ([True] if says else [])


async def test_used_up_sessions_are_told(discord: WireDiscord) -> None:
    discord.rest.application = {"bot_public": False}
    discord.rest.session_starts |= {"remaining": 7, "reset_after": 3_600_000}
    there = await found(settings(discord.url, discord.token))
    assert (there.problems, [each[-14:] for each in there.warnings]) == ([], ["in 60 minutes."])


async def test_an_expired_certificate_is_one_problem_that_names_the_clock(
    discord: WireDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = expired_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # known, but expired
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate)
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving)
    await site.start()
    try:
        url = f"https://localhost:{cast('tuple[str, int]', runner.addresses[0])[1]}"
        values = {"DISCORD_TOKEN": discord.token, "DISCORD_API_URL": url, "DATABASE": str(tmp_path / "bot.db")}
        for command, code in (("check", 1), ("run", 1)):
            done = await asyncio.to_thread(cannon_bot, command, cwd=tmp_path, HEALTH_PORT="0", **values)
            said = done.stdout + done.stderr
            assert (done.returncode, "is not valid (certificate has expired)" in said) == (code, True), said
            assert "clock" in said
            assert "Traceback" not in said
    finally:
        await runner.cleanup()


def expired_certificate(folder: Path) -> Path:
    """Make a certificate of localhost that expired yesterday, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now - dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path = folder / "localhost.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, no_password) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
