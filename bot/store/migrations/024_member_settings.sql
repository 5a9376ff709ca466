-- What members have set for themselves on a server (bot/domain/member_settings.py), as JSON.
CREATE TABLE member_settings (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    PRIMARY KEY (guild_id, member_id)
) STRICT, WITHOUT ROWID;

-- Their named sets of options. Two names of one member differ by more than case.
CREATE TABLE presets (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    operation TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    PRIMARY KEY (guild_id, member_id, name)
) STRICT, WITHOUT ROWID;
