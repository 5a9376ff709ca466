-- The first schema, in SQLite's words; bot/fleet/postgresql/dialect.py translates it for PostgreSQL, for which alone
-- `/*postgresql … */` is. What the two say in their own ways, triggers above all, is in the files beside this one.
--
-- Credits are whole thousandths (`_milli`), times are Unix seconds, ids of Discord are its snowflakes.
-- Parents are named together with their guild, so that no row can lean on a row of another guild.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A key is retired when another takes its place; its secret goes once no open job needs it. The row stays:
-- jobs name it for ever. AUTOINCREMENT: an id is never given twice.
CREATE TABLE guild_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    secret BLOB,
    last4 TEXT NOT NULL CHECK (length(last4) <= 4),
    set_by INTEGER NOT NULL,
    set_at REAL NOT NULL,
    plan TEXT,
    scopes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(scopes)),
    balance_milli INTEGER,
    balance_at REAL,
    refused_at REAL,
    retired_at REAL,
    -- When a refused key is tried again by the status call, and how often that was done.
    probe_at REAL,
    probes INTEGER NOT NULL DEFAULT 0 CHECK (probes >= 0),
    -- A server that practises has a practice key as its active one; what is paid with it is apart from true spending.
    practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1)),
    -- Members' own accounts (docs/decisions/0099-a-members-own-account.md). A member's key is a row of `guild_keys` whose
    -- `guild_id` is the member's id: Discord gives no id twice.
    own INTEGER NOT NULL DEFAULT 0 CHECK (own IN (0, 1)),
    UNIQUE (guild_id, id),
    CHECK (secret IS NOT NULL OR retired_at IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX guild_keys_active ON guild_keys (guild_id) WHERE retired_at IS NULL;
CREATE INDEX guild_keys_refused ON guild_keys (guild_id) WHERE refused_at IS NOT NULL AND secret IS NOT NULL;

-- `token` is sealed. `dropped_at`: the answer never reached Discord, its jobs were given up.
CREATE TABLE cards (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 25),
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    channel_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    interaction_id INTEGER,
    token BLOB,
    token_expires_at REAL NOT NULL,
    message_id INTEGER,
    message_channel_id INTEGER,
    private INTEGER NOT NULL CHECK (private IN (0, 1)),
    answered INTEGER NOT NULL CHECK (answered IN (0, 1)),
    dropped_at REAL,
    locale TEXT NOT NULL,
    created_at REAL NOT NULL,
    -- What the card's channel is in: a channel's limit counts its threads too, a category's all that is in it.
    parent_channel_id INTEGER,
    category_id INTEGER,
    -- When who asked was pinged for the card's results: once.
    pinged_at REAL,
    -- What a card is called where no operation's title says it: the recipe that it is a run of.
    label TEXT NOT NULL DEFAULT '',
    -- Those of the author's roles that limits were for when the card was accepted.
    role_ids TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(role_ids)),
    -- Whether a card's files are marked as spoilers, wherever they are posted.
    spoiler INTEGER NOT NULL DEFAULT 0 CHECK (spoiler IN (0, 1)),
    -- Whether the card's message may not show how its jobs have ended: set with the end, cleared once it is drawn. A death, or a
    -- Discord that does not answer, comes between.
    undrawn INTEGER NOT NULL DEFAULT 0 CHECK (undrawn IN (0, 1)),
    -- The time of the newest result whose author is still to hear of it; NULL once they did, or need not. Set with the result.
    ping_due_at REAL,
    -- Cards outside servers (docs/decisions/0100-outside-servers.md): the server that lacks the bot, 0 for a group; NULL where
    -- the bot reaches its message.
    outside_id INTEGER,
    UNIQUE (guild_id, id),
    UNIQUE (guild_id, interaction_id)
) STRICT;
CREATE INDEX cards_unanswered ON cards (created_at) WHERE answered = 0 AND dropped_at IS NULL;
CREATE INDEX cards_token ON cards (token_expires_at) WHERE token IS NOT NULL;
-- A reaction only says on which message it is.
CREATE INDEX cards_message ON cards (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX cards_undrawn ON cards (created_at) WHERE undrawn = 1;
CREATE INDEX cards_ping_due ON cards (ping_due_at) WHERE ping_due_at IS NOT NULL;

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 25),
    card_id TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    author_id INTEGER NOT NULL,
    operation TEXT NOT NULL,
    model TEXT,
    input TEXT NOT NULL CHECK (json_valid(input)),
    state TEXT NOT NULL CHECK (state IN (
        'awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready',
        'delivered', 'failed', 'cancelled', 'refused', 'expired', 'held'
    )),
    idempotency_key TEXT NOT NULL UNIQUE,
    key_id INTEGER,
    held_milli INTEGER NOT NULL CHECK (held_milli BETWEEN 0 AND 999999999999),
    basis TEXT NOT NULL,
    cost_milli INTEGER CHECK (cost_milli BETWEEN 0 AND 999999999999),
    remote_id TEXT,
    -- The token of the process that follows it.
    lease TEXT,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    first_attempt_at REAL,
    next_at REAL NOT NULL,
    created_at REAL NOT NULL,
    submitted_at REAL,
    started_at REAL,
    finished_at REAL,
    delivered_at REAL,
    message_id INTEGER,
    output TEXT NOT NULL CHECK (json_valid(output)),
    media TEXT NOT NULL CHECK (json_valid(media)),
    error TEXT,
    -- Names no parent row: the parent may be cleared away while the child stays.
    parent_id TEXT,
    -- A job may wait for others' results: `after_ids` names them, `fill` says which input fields are made of them.
    after_ids TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(after_ids)),
    fill TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fill)),
    -- Who wants the result of a job that could not be stopped not to be posted.
    dropped_by INTEGER,
    -- Seconds of monotonic time, summed over restarts: that the API was seen to work on it; that it denied the job in a row;
    -- that no key worked for it.
    active_s REAL NOT NULL DEFAULT 0 CHECK (active_s >= 0),
    denied_s REAL NOT NULL DEFAULT 0 CHECK (denied_s >= 0),
    blocked_s REAL NOT NULL DEFAULT 0 CHECK (blocked_s >= 0),
    -- How long the wait until `next_at` was meant to be: a clock that was set back must not make it longer.
    wait_s REAL NOT NULL DEFAULT 0 CHECK (wait_s >= 0),
    -- Since when it is followed slowly, and how many slow polls there were.
    overdue_at REAL,
    slow_polls INTEGER NOT NULL DEFAULT 0 CHECK (slow_polls >= 0),
    -- Whether a create was begun whose outcome is not known: then no other key may send it.
    in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)),
    -- The idempotency key of the unconfirmed job that this one repeats; NULL: its own is sent.
    repeats_key TEXT,
    -- An ended job whose request may still succeed: when it is polled next; NULL: never again.
    recheck_at REAL,
    rechecks INTEGER NOT NULL DEFAULT 0 CHECK (rechecks >= 0),
    -- What a job waits for that would otherwise go on by itself; NULL: nothing. With `next_at` it is what the card says.
    waits_for TEXT CHECK (waits_for IN ('file', 'discord', 'cannon', 'error')),
    -- Seconds of monotonic time, summed over restarts, for which its posting has failed in a row.
    posting_failed_s REAL NOT NULL DEFAULT 0 CHECK (posting_failed_s >= 0),
    -- How many of its turns in a row ended by an error of the bot.
    faults INTEGER NOT NULL DEFAULT 0 CHECK (faults >= 0),
    -- Whether the jobs that it waited for have given their results: from then on it waits in the queue as any other.
    after_done INTEGER NOT NULL DEFAULT 0 CHECK (after_done IN (0, 1)),
    -- When what a job said was erased (Unix seconds): its input, its output, its links and its error; NULL: it is kept.
    erased_at REAL,
    -- What makes the price of a job, in addition to its operation. `price_size` is in seconds, or in characters of speech.
    price_kind TEXT,
    price_size REAL CHECK (price_size > 0),
    price_outputs INTEGER NOT NULL DEFAULT 1 CHECK (price_outputs >= 1),
    -- Credits held beyond `held_milli` since the API has told a higher cost.
    raised_milli INTEGER NOT NULL DEFAULT 0 CHECK (raised_milli BETWEEN 0 AND 999999999999),
    -- Whose credits pay: 0 the server's, 1 practice, 2 the author's own. All sums of a server name theirs, so that one is
    -- never in another.
    practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1, 2)),
    -- Whether the file of a held result can never be posted.
    unusable INTEGER NOT NULL DEFAULT 0 CHECK (unusable IN (0, 1)),
    -- The fields that the API has said a refused job lacks, by their names on the wire.
    lacks TEXT NOT NULL DEFAULT '[]',
    -- Whether a moderator has allowed the job above a limit of the server: that limit does not stop it at its start.
    allowed INTEGER NOT NULL DEFAULT 0 CHECK (allowed IN (0, 1)),
    -- The estimate of a job that was accepted without a hold, as the price of its kind was still being found out: its credits
    -- are held in `raised_milli` once the price is known. NULL: `held_milli` holds them since acceptance.
    expected_milli INTEGER CHECK (expected_milli BETWEEN 0 AND 999999999999),
    -- The least seconds between two polls of the request, as Cannon Studio last asked for; NULL where it did not.
    poll_after_s REAL CHECK (poll_after_s >= 0),
    -- What a job has from the result that it was made from: how it is to differ (NULL: as its member's words say), the texts
    -- that the API gets in place of input fields, and the job whose file it takes.
    variation TEXT,
    orders TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(orders)),
    source_id TEXT NOT NULL DEFAULT '',
    -- The process that follows it, or did last.
    claimed_by TEXT NOT NULL DEFAULT '',
    -- Who plays in a job, and what that adds to its input when it is sent, as JSON; '{}' without a cast.
    casting TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(casting)),
    -- Whether a job is in a shoot-out: 'open', while no one may learn its model; then 'won' or 'ended'; '' in none.
    shootout TEXT NOT NULL DEFAULT '' CHECK (shootout IN ('', 'open', 'won', 'ended')),
    /*postgresql rowid BIGINT GENERATED BY DEFAULT AS IDENTITY UNIQUE, */
    UNIQUE (guild_id, id),
    UNIQUE (card_id, position),
    FOREIGN KEY (guild_id, card_id) REFERENCES cards (guild_id, id),
    -- Only a running job is somebody's.
    CHECK (lease IS NULL OR state IN ('submitting', 'queued', 'processing', 'ready'))
) STRICT;
CREATE INDEX jobs_recent ON jobs (guild_id, created_at/*postgresql , rowid */);
CREATE INDEX jobs_member ON jobs (guild_id, author_id, created_at/*postgresql , rowid */);
CREATE INDEX jobs_key ON jobs (guild_id, key_id) WHERE key_id IS NOT NULL;
CREATE INDEX jobs_results ON jobs (guild_id, created_at/*postgresql , rowid */) WHERE state = 'delivered';
-- Waiting for a free place, not for another job's result.
CREATE INDEX jobs_queue ON jobs (guild_id, created_at) WHERE state = 'waiting' AND after_ids = '[]';
-- The message menus ask which results stand in a message.
CREATE INDEX jobs_message ON jobs (message_id) WHERE message_id IS NOT NULL;
-- What a job came from: the step it waited for, else the job it was made from. For families, downwards.
CREATE INDEX jobs_origin ON jobs (guild_id, coalesce(json_extract(after_ids, '$[0]'), parent_id));
CREATE INDEX jobs_source ON jobs (guild_id, source_id) WHERE source_id <> '';
CREATE UNIQUE INDEX jobs_repeat_once ON jobs (repeats_key)
    WHERE repeats_key IS NOT NULL AND state NOT IN ('failed', 'expired', 'cancelled', 'refused');
CREATE INDEX jobs_recheck ON jobs (recheck_at) WHERE recheck_at IS NOT NULL;
-- Ended jobs whose contents are kept, by when they ended.
CREATE INDEX jobs_kept ON jobs (guild_id, coalesce(finished_at, created_at))
    WHERE erased_at IS NULL AND state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held');
-- What a guild spends on the host's key in a month.
CREATE INDEX jobs_host_key ON jobs (guild_id, created_at) WHERE key_id IS NULL;
-- Open jobs whose price nobody knows yet.
CREATE INDEX jobs_unpriced ON jobs (guild_id)
    WHERE basis = 'unknown' AND coalesce(cost_milli, 0) = 0
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
CREATE INDEX jobs_open ON jobs (guild_id, author_id, state, held_milli, overdue_at, waits_for, raised_milli, practice)
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
-- A limit for the whole server, or for ever, counts many jobs: their wide rows are not read for it.
CREATE INDEX jobs_spent ON jobs (guild_id, created_at, author_id, operation, held_milli, raised_milli, id, practice);
-- Those that end with the practice, or with the practice process.
CREATE INDEX jobs_practice ON jobs (guild_id) WHERE practice = 1
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
-- What all servers together spend on the host's key in a month.
CREATE INDEX jobs_host_total ON jobs (created_at, held_milli, raised_milli, id) WHERE key_id IS NULL;
-- True costs on the host's key, by what makes them, whichever server they were for; also those told while it works.
CREATE INDEX jobs_host_costs ON jobs (
    operation, price_kind, created_at, cost_milli, price_size, price_outputs
) WHERE key_id IS NULL AND state IN ('queued', 'processing', 'ready', 'delivered', 'held')
    AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
-- A list by state is read in order, also where nothing is in that state, and says whose each job is.
CREATE INDEX jobs_state ON jobs (guild_id, state, created_at, author_id/*postgresql , rowid */);
-- What a member's account has paid, in all servers.
CREATE INDEX jobs_own ON jobs (author_id, created_at) WHERE practice = 2;
-- A key's costs, whichever servers it has paid in.
CREATE INDEX jobs_costs ON jobs (
    key_id, operation, price_kind, created_at, cost_milli, price_size, price_outputs
) WHERE key_id IS NOT NULL AND state IN ('queued', 'processing', 'ready', 'delivered', 'held')
    AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
-- A request of the API is one job's, whichever account pays.
CREATE UNIQUE INDEX jobs_request ON jobs (remote_id, (CASE practice WHEN 1 THEN 1 ELSE 0 END)) WHERE remote_id IS NOT NULL;

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    job_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'settle', 'release', 'grant', 'adjust')),
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN -999999999999 AND 999999999999),
    at REAL NOT NULL,
    practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1, 2)),
    UNIQUE (job_id, kind),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id),
    CHECK (credits_milli >= 0 OR kind = 'adjust'),
    CHECK (job_id IS NOT NULL OR kind IN ('grant', 'adjust'))
) STRICT;
CREATE INDEX ledger_recent ON ledger (guild_id, at/*postgresql , id */);
CREATE UNIQUE INDEX ledger_closes_once ON ledger (job_id) WHERE kind IN ('settle', 'release');
CREATE INDEX ledger_kind ON ledger (guild_id, kind, practice, at, credits_milli);
-- For the parts of days at the ends of a member's periods.
CREATE INDEX ledger_member ON ledger (guild_id, member_id, practice, at) WHERE kind IN ('settle', 'adjust');

-- Operations that are not to be used: for one server, or (guild 0) for the whole bot.
CREATE TABLE switched_off (
    guild_id INTEGER NOT NULL CHECK (guild_id >= 0),
    operation TEXT NOT NULL,
    by_id INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, operation)
) STRICT, WITHOUT ROWID;

-- Who may spend how much. '' and 0 stand for "all", so that a limit is unique for what it is about.
CREATE TABLE limits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    scope TEXT NOT NULL CHECK (scope IN ('server', 'everyone', 'role', 'member')),
    scope_id INTEGER NOT NULL,
    operation TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN 0 AND 999999999999),
    set_by INTEGER NOT NULL,
    set_at REAL NOT NULL,
    UNIQUE (guild_id, scope, scope_id, operation, channel_id, period),
    CHECK ((scope IN ('role', 'member')) = (scope_id > 0))
) STRICT;

-- Credits given to a member once. `draws` says which jobs they pay for, and how much at the most.
CREATE TABLE grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN 1 AND 999999999999),
    note TEXT NOT NULL,
    granted_by INTEGER NOT NULL,
    granted_at REAL NOT NULL,
    expires_at REAL,
    practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1)),
    UNIQUE (guild_id, id)
) STRICT;
CREATE INDEX grants_member ON grants (guild_id, member_id, (expires_at IS NULL), expires_at);

CREATE TABLE draws (
    guild_id INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    grant_id INTEGER NOT NULL,
    credits_milli INTEGER NOT NULL CHECK (credits_milli > 0),
    PRIMARY KEY (job_id, grant_id),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id),
    FOREIGN KEY (guild_id, grant_id) REFERENCES grants (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX draws_grant ON draws (grant_id);

-- The guild's settings.
CREATE TABLE rules (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    data TEXT NOT NULL CHECK (json_valid(data))
) STRICT;

CREATE TABLE prices (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN 0 AND 999999999999),
    -- What a listed price is for: the whole job, each result, or each second of each result.
    per TEXT NOT NULL DEFAULT 'job' CHECK (per IN ('job', 'output', 'second')),
    PRIMARY KEY (guild_id, operation, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    until REAL,
    reason TEXT NOT NULL,
    by_id INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, member_id)
) STRICT, WITHOUT ROWID;

-- One line for each decision, append-only: who set what, approvals, blocks, key changes, refusals.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    at REAL NOT NULL,
    by_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    about TEXT NOT NULL CHECK (json_valid(about))
) STRICT;
CREATE INDEX decisions_recent ON decisions (guild_id, at/*postgresql , id */);

-- What moderators are asked, with the message that asks: whether a card may start, a result may be posted, what a job cost
-- is refunded, a result stays. `subject` is the card of an approval, else the job.
CREATE TABLE questions (
    kind TEXT NOT NULL CHECK (kind IN ('approval', 'review', 'refund_request', 'report')),
    subject TEXT NOT NULL,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    -- Who reports; 0 where each subject has one question.
    member_id INTEGER NOT NULL DEFAULT 0,
    channel_id INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER,
    asked_at REAL NOT NULL,
    expires_at REAL,
    -- What a card exceeds that a moderator is asked to allow: `limit` or `ceiling`, '' if it only needs an approval.
    reason TEXT NOT NULL DEFAULT '',
    -- NULL as long as it waits. An approval's row is deleted instead.
    verdict TEXT CHECK (verdict IN ('published', 'refused', 'granted', 'dismissed')),
    decided_by INTEGER,
    -- Why a result was rejected, for the member.
    sentence TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (kind, subject, member_id)
) STRICT;
CREATE INDEX questions_waiting ON questions (kind, expires_at) WHERE verdict IS NULL;
CREATE INDEX questions_of_member ON questions (guild_id, member_id, asked_at);

-- Requests that wait for their own author's yes. `data` is what they ask for.
CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    expires_at REAL NOT NULL
) STRICT;
CREATE INDEX drafts_expiry ON drafts (expires_at);

-- What moderators were told, and until when they are not told it again.
CREATE TABLE alerts (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    name TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_until ON alerts (until);

-- Other messages that show a job's result: in the gallery (`gallery`), in who asked's direct messages (`dm`), … They
-- are taken down with it.
CREATE TABLE copies (
    job_id TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- From when on a copy is to be deleted (Unix seconds), because what it shows was erased; NULL: it stays.
    delete_at REAL,
    PRIMARY KEY (job_id, message_id),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_message ON copies (message_id);
CREATE INDEX copies_to_delete ON copies (delete_at) WHERE delete_at IS NOT NULL;

-- One row as long as a member's reaction stands: the same one acts once until it is taken back. `made_card`: the card
-- that came of it.
CREATE TABLE reaction_acts (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    message_id INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    member_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    action TEXT NOT NULL,
    made_card TEXT,
    at REAL NOT NULL,
    -- Whether it has not acted yet, e.g. because the card that it is on is not done.
    waits INTEGER NOT NULL CHECK (waits IN (0, 1)),
    PRIMARY KEY (guild_id, message_id, emoji, member_id),
    FOREIGN KEY (guild_id, card_id) REFERENCES cards (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_acts_card ON reaction_acts (card_id, action);
CREATE INDEX reaction_acts_waiting ON reaction_acts (card_id) WHERE waits = 1;
-- The stars that a guild's results got in a time.
CREATE INDEX reaction_acts_by_time ON reaction_acts (guild_id, action, at);

-- What a guild's moderators have written; those that come with the bot are not here.
CREATE TABLE recipes (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    made_by INTEGER NOT NULL,
    changed_at REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) STRICT, WITHOUT ROWID;

-- Where results are looked at before they are posted, and in which channel. `channel_id` 0: in the whole server; else
-- in this channel or category and all that is in it.
CREATE TABLE review_rules (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    channel_id INTEGER NOT NULL CHECK (channel_id >= 0),
    review_channel INTEGER NOT NULL CHECK (review_channel > 0),
    PRIMARY KEY (guild_id, channel_id)
) STRICT, WITHOUT ROWID;

-- Lines of the record that are still to be posted to their guild's log channel. A row is deleted when that is done.
CREATE TABLE outbox (
    decision_id INTEGER NOT NULL PRIMARY KEY REFERENCES decisions (id),
    guild_id INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_guild ON outbox (guild_id, decision_id);

-- The host's key was refused to this guild's jobs.
CREATE TABLE host_key_refusals (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    refused_at REAL NOT NULL,
    probe_at REAL NOT NULL,
    probes INTEGER NOT NULL DEFAULT 0 CHECK (probes >= 0)
) STRICT;

-- A key's account as it was last compared with the books. `difference_milli`: charged there beyond what is settled here;
-- `settled_milli`: of that, what was found by the time that the four figures are of; `reported_milli`: what was told.
CREATE TABLE account_checks (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    key_id INTEGER NOT NULL,
    at REAL NOT NULL,
    balance_milli INTEGER NOT NULL,
    known_milli INTEGER NOT NULL,
    adjusted_milli INTEGER NOT NULL,
    open_milli INTEGER NOT NULL,
    settled_milli INTEGER NOT NULL DEFAULT 0,
    difference_milli INTEGER NOT NULL DEFAULT 0,
    reported_milli INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (guild_id, key_id),
    FOREIGN KEY (guild_id, key_id) REFERENCES guild_keys (guild_id, id)
) STRICT;

-- Guilds that have removed the bot, since when (Unix seconds). The row is deleted when they invite it again.
CREATE TABLE absent_guilds (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    since REAL NOT NULL,
    -- When all contents of an absent guild were erased; NULL: not yet.
    purged_at REAL
) STRICT;

-- The job that is the sample of a voice, paid once for each account. `key_id` is 0 for the host's key.
CREATE TABLE voice_samples (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    key_id INTEGER NOT NULL,
    voice_id TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id),
    PRIMARY KEY (guild_id, key_id, voice_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX voice_samples_jobs ON voice_samples (job_id);

-- What Cannon Studio has changed in its API, as its own description tells: a row for each change that was seen.
CREATE TABLE api_changes (
    subject TEXT NOT NULL CHECK (subject IN ('operation', 'model', 'field')),
    operation TEXT NOT NULL,
    -- The model or field; of an operation its former id, '' if it has none.
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('came', 'gone', 'changed')),
    -- The present rules of a changed field.
    rules TEXT NOT NULL,
    -- When it was seen last, after anything else was seen of the same thing.
    at REAL NOT NULL,
    -- When moderators were told last.
    told_at REAL,
    PRIMARY KEY (subject, operation, name, kind, rules)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_changes_at ON api_changes (at);

-- The one message with which a guild is greeted: a row since the bot came. Without ended_at it is still to be sent.
CREATE TABLE welcomes (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    joined_at REAL NOT NULL,
    -- When sending it first began: since then it may be there.
    tried_at REAL,
    ended_at REAL,
    place TEXT CHECK (place IN ('channel', 'owner', 'nowhere')),
    CHECK ((ended_at IS NULL) = (place IS NULL))
) STRICT;
CREATE INDEX welcomes_due ON welcomes (joined_at) WHERE ended_at IS NULL;

-- What members have set for themselves on a server, as JSON.
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

-- What members find a job by: its id, its operation and its words, one line for each job, in the order they came.
-- The index over it is no migration: it is made at opening where the database can.
CREATE TABLE job_texts (
    number INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (guild_id, job_id),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id)
) STRICT;
CREATE INDEX job_texts_newest ON job_texts (guild_id/*postgresql , number */);

-- How long a kind of job took: `kind` as in `price_kind`, '' for all; model '' for none.
CREATE TABLE histograms (
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (operation, model, kind)
) STRICT, WITHOUT ROWID;

-- Of a fleet: a bot of one process leaves it empty. Times are Unix seconds of the database's clock.
-- When a shard identified, or will: `at` is reserved a few seconds before. Those of a day.
CREATE TABLE identifies (
    id INTEGER PRIMARY KEY,
    shard_id INTEGER NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX identifies_by_time ON identifies (at);

-- Members who had their data deleted, until limits no longer count by their number: then `number`, which is random and
-- negative, takes its place everywhere in the server, and the row goes, so that nothing leads from one to the other.
CREATE TABLE former_members (
    guild_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL CHECK (member_id > 0),
    number INTEGER NOT NULL CHECK (number < 0),
    asked_at REAL NOT NULL,
    PRIMARY KEY (guild_id, member_id)
) STRICT;

-- What Cannon Studio publishes about its API, as it was read: its description (`openapi`), and answers of its keyless tools,
-- by the tool's name. `subject` is an operation's id or a surface, '' for all; `body` is JSON, null for what a tool does not
-- know.
CREATE TABLE api_facts (
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (source, subject)
) STRICT, WITHOUT ROWID;

-- What the ledger adds up to, so that no reader sums jobs or lines over days. Triggers keep it in the transaction that
-- changes a job, a line or a draw; the ledger stays the truth, and `cannon-bot check` compares both
-- (docs/decisions/0009-writes-share-a-commit.md).
--
-- A job counts in four rows: of its server (`member_id` 0) and of its member, in all (`operation` '', channels 0) and in
-- detail. The server's own row in all is of one hour, so that days of every time zone can be added up; the others are of
-- one day of UTC. `guild_id` 0 is the host's key, whose members are the servers. A row of zeros is deleted.
CREATE TABLE running_totals (
    guild_id INTEGER NOT NULL CHECK (guild_id >= 0),
    practice INTEGER NOT NULL CHECK (practice IN (0, 1, 2)),
    member_id INTEGER NOT NULL,
    -- Its first second, Unix time.
    since INTEGER NOT NULL CHECK (since % 3600 = 0),
    operation TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    parent_channel_id INTEGER NOT NULL,
    category_id INTEGER NOT NULL,
    -- By the time of a job's acceptance: its cost, or what it holds; and the part of that which grants pay.
    charged_milli INTEGER NOT NULL,
    drawn_milli INTEGER NOT NULL,
    -- By the time of the line: what was settled or adjusted, and the jobs that were paid for the first time.
    spent_milli INTEGER NOT NULL,
    paid_jobs INTEGER NOT NULL,
    PRIMARY KEY (guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX running_totals_members
    ON running_totals (guild_id, practice, since, member_id, charged_milli, spent_milli, paid_jobs)
    WHERE operation = '' AND member_id <> 0;

-- All lines of a kind, for ever. `key_id` 0 is the host's key, or a line without a job.
CREATE TABLE ledger_totals (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    key_id INTEGER NOT NULL,
    practice INTEGER NOT NULL CHECK (practice IN (0, 1, 2)),
    kind TEXT NOT NULL,
    credits_milli INTEGER NOT NULL,
    PRIMARY KEY (guild_id, key_id, practice, kind)
) STRICT, WITHOUT ROWID;

-- Characters and styles of servers. `name_key` is the name as it is compared; `data` is JSON: look, voice, model, ratio, who
-- may name it, how many pictures. Its pictures are in a message of the bot's own.
CREATE TABLE cast_members (
    guild_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('character', 'style')),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    made_by INTEGER NOT NULL,
    made_at REAL NOT NULL,
    channel_id INTEGER,
    message_id INTEGER,
    PRIMARY KEY (guild_id, id),
    UNIQUE (guild_id, name_key)
) STRICT, WITHOUT ROWID;

-- Messages with pictures of removed or changed ones: each is deleted in Discord, next tried at `delete_at`, then here.
CREATE TABLE cast_leftovers (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    delete_at REAL NOT NULL,
    PRIMARY KEY (guild_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cast_leftovers_due ON cast_leftovers (delete_at);

-- Cards on which members vote between models. `ends_at` is NULL until all results are there; `data` is JSON: once it has
-- ended, each model with its votes, credits, and seconds. Who voted for what is in no table then.
CREATE TABLE shootouts (
    guild_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    minutes INTEGER NOT NULL CHECK (minutes > 0),
    ends_at REAL,
    ended_at REAL,
    data TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(data)),
    -- Whether the card has to be drawn, as someone voted.
    undrawn INTEGER NOT NULL DEFAULT 0 CHECK (undrawn IN (0, 1)),
    PRIMARY KEY (guild_id, card_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shootouts_open ON shootouts (guild_id, card_id) WHERE ended_at IS NULL;
CREATE INDEX shootouts_ended ON shootouts (guild_id, ended_at);

CREATE TABLE shootout_votes (
    guild_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    member_id INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    PRIMARY KEY (guild_id, card_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shootout_votes_member ON shootout_votes (member_id);

-- Events: a theme in a channel, with a purse: a row of `grants` that belongs to no member (`member_id` 0), drawn first by
-- those who take part. A row goes once its end is posted.
CREATE TABLE events (
    guild_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    theme TEXT NOT NULL,
    grant_id INTEGER NOT NULL,
    cap_milli INTEGER NOT NULL,
    prizes TEXT NOT NULL CHECK (json_valid(prizes)),
    made_by INTEGER NOT NULL,
    begins_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended', 'cancelled')),
    message_id INTEGER,
    PRIMARY KEY (guild_id, id)
) STRICT, WITHOUT ROWID;
-- One at a time in a channel.
CREATE UNIQUE INDEX events_open ON events (guild_id, channel_id) WHERE state = 'open';

-- Who takes part, until the end; then who is placed, until that is posted. Prizes are grants.
CREATE TABLE event_members (
    guild_id INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    member_id INTEGER NOT NULL,
    place INTEGER,
    card_id TEXT,
    stars INTEGER,
    PRIMARY KEY (guild_id, event_id, member_id)
) STRICT, WITHOUT ROWID;

-- What runs by itself in a server, in a moderator's name. `data` is JSON: recipe or operation, its values, when and where,
-- the month's limit, the price that was confirmed. `next_at` is NULL while it is off, and once it has run for the last time.
CREATE TABLE schedules (
    guild_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    made_by INTEGER NOT NULL,
    made_at REAL NOT NULL,
    next_at REAL,
    is_off INTEGER NOT NULL CHECK (is_off IN (0, 1)),
    PRIMARY KEY (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- Which card is which run: for the monthly limit, and to repeat a run whose card never reached Discord.
CREATE TABLE schedule_runs (
    guild_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    schedule_id TEXT NOT NULL,
    due_at REAL NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, card_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_runs_of ON schedule_runs (guild_id, schedule_id, at);

-- Where guilds have the best of each week posted, and when the next are.
CREATE TABLE best_of_week (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    channel_id INTEGER NOT NULL,
    due_at REAL NOT NULL
) STRICT;
CREATE INDEX best_of_week_due ON best_of_week (due_at);

-- A job's charge: its true cost once settled, nothing once released, else its hold; plus late costs.
CREATE VIEW job_charges AS
SELECT *, min(charged_milli, granted_milli) AS drawn_milli
FROM (
    SELECT
        jobs.id AS job_id, jobs.guild_id, jobs.practice, jobs.author_id AS member_id, jobs.created_at AS at,
        jobs.operation, jobs.card_id, jobs.key_id, jobs.held_milli + jobs.raised_milli AS held_milli,
        CASE closed.kind WHEN 'release' THEN 0 WHEN 'settle' THEN closed.credits_milli
            ELSE jobs.held_milli + jobs.raised_milli END + coalesce(adjusted.credits_milli, 0) AS charged_milli,
        CAST(coalesce((SELECT sum(credits_milli) FROM draws WHERE draws.job_id = jobs.id), 0) AS INTEGER) AS granted_milli
    FROM jobs
    LEFT JOIN ledger AS closed ON closed.job_id = jobs.id AND closed.kind IN ('settle', 'release')
    LEFT JOIN ledger AS adjusted ON adjusted.job_id = jobs.id AND adjusted.kind = 'adjust'
) AS each;

-- The lines that cost something. A job is paid for once, by the first of them.
CREATE VIEW bookings AS
SELECT
    id, guild_id, practice, member_id, at, job_id, credits_milli AS spent_milli,
    CASE WHEN kind = 'settle' THEN 1 WHEN job_id IS NULL THEN 0 WHEN EXISTS (
        SELECT 1 FROM ledger AS settled WHERE settled.job_id = ledger.job_id AND settled.kind = 'settle'
    ) THEN 0 ELSE 1 END AS paid_jobs
FROM ledger WHERE kind IN ('settle', 'adjust');

-- What changes the totals: of a job its charge, of a line its cost.
CREATE VIEW totalled_jobs AS
SELECT
    job_charges.job_id, job_charges.guild_id, practice, member_id, at, operation, channel_id, parent_channel_id,
    category_id, CASE WHEN key_id IS NULL THEN 1 ELSE 0 END AS on_host_key, held_milli, granted_milli, charged_milli,
    drawn_milli, 0 AS spent_milli, 0 AS paid_jobs
FROM job_charges LEFT JOIN cards ON cards.id = job_charges.card_id;

-- Where the triggers write what changed.
CREATE VIEW total_changes AS
SELECT
    guild_id, practice, member_id, CAST(since AS REAL) AS at, operation, channel_id, parent_channel_id, category_id,
    0 AS on_host_key, charged_milli, drawn_milli, spent_milli, paid_jobs
FROM running_totals;

CREATE VIEW totalled_lines AS
SELECT
    bookings.id, bookings.job_id, bookings.guild_id, bookings.practice, member_id, at, operation, channel_id, parent_channel_id,
    category_id, 0 AS on_host_key, 0 AS charged_milli, 0 AS drawn_milli, spent_milli, paid_jobs
FROM bookings LEFT JOIN jobs ON jobs.id = bookings.job_id LEFT JOIN cards ON cards.id = jobs.card_id;

CREATE VIEW true_totals AS
SELECT
    guild_id, practice, CASE of_member WHEN 1 THEN member_id ELSE 0 END AS member_id,
    CAST(at AS INTEGER) / span * span AS since,
    CASE in_detail WHEN 1 THEN operation ELSE '' END AS operation,
    CASE in_detail WHEN 1 THEN coalesce(channel_id, 0) ELSE 0 END AS channel_id,
    CASE in_detail WHEN 1 THEN coalesce(parent_channel_id, 0) ELSE 0 END AS parent_channel_id,
    CASE in_detail WHEN 1 THEN coalesce(category_id, 0) ELSE 0 END AS category_id,
    at, charged_milli, drawn_milli, spent_milli, paid_jobs, job_id
FROM totalled_jobs
CROSS JOIN (
    SELECT 0 AS of_member, 0 AS in_detail, 3600 AS span
    UNION ALL SELECT 0, 1, 86400 UNION ALL SELECT 1, 0, 86400 UNION ALL SELECT 1, 1, 86400
) AS counted
UNION ALL
SELECT
    0, 0, CASE of_member WHEN 1 THEN guild_id ELSE 0 END, CAST(at AS INTEGER) / span * span, ''/*postgresql COLLATE "C" */, 0, 0, 0,
    at, charged_milli, 0, 0, 0, job_id
FROM job_charges CROSS JOIN (SELECT 0 AS of_member, 3600 AS span UNION ALL SELECT 1, 86400) AS counted
WHERE key_id IS NULL
UNION ALL
SELECT
    guild_id, practice, CASE of_member WHEN 1 THEN member_id ELSE 0 END, CAST(at AS INTEGER) / span * span,
    CASE in_detail WHEN 1 THEN operation ELSE '' END,
    CASE in_detail WHEN 1 THEN coalesce(channel_id, 0) ELSE 0 END,
    CASE in_detail WHEN 1 THEN coalesce(parent_channel_id, 0) ELSE 0 END,
    CASE in_detail WHEN 1 THEN coalesce(category_id, 0) ELSE 0 END,
    at, charged_milli, drawn_milli, spent_milli, paid_jobs, job_id
FROM totalled_lines
CROSS JOIN (
    SELECT 0 AS of_member, 0 AS in_detail, 3600 AS span
    UNION ALL SELECT 0, 1, 86400 UNION ALL SELECT 1, 0, 86400 UNION ALL SELECT 1, 1, 86400
) AS counted
WHERE in_detail = 0 OR operation IS NOT NULL;
