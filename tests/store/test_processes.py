from bot.runtime.process import ProcessIdentity


def test_an_identity_names_its_host():
    own = ProcessIdentity.of()
    assert own.name.endswith(f"@{own.host}")
    assert own.name != ProcessIdentity.of().name
    assert own.facts == {"process": own.name, "version": own.version}
