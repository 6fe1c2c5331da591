-- The scheduler: pool keys that are probed and log in, what their contributors allow, what was spent on a day,
-- and policies that are switched at run time. Equal to the file of the same name in the other folder, but for
-- the types. Never edited once released.

-- Anlas that a client key's requests may cost on a day (UTC); null is unlimited.
alter table client_keys add column anlas_per_day integer check (anlas_per_day >= 0);

-- Made anew, because what a state may be cannot be altered everywhere. `active` is called `healthy` now.
-- kind: what is sealed, a token or a username and password that log in for one.
-- caps and account: JSON. account_print: recognises a second key of one account.
-- next_probe_at: 0 is as soon as can be, null is never. token: what a login got last, sealed.
create table pool_keys_next (
    id integer primary key,
    upstream text not null,
    contributor_id integer not null references users (id),
    label text not null,
    kind text not null check (kind in ('token', 'login')),
    sealed blob,
    fingerprint blob,
    key_id text,
    origins text not null,
    concurrency integer,
    caps text not null default '{}',
    state text not null check (state in ('pending', 'healthy', 'invalid', 'paused', 'withdrawn')),
    state_reason text,
    account text,
    account_print blob,
    credit integer,
    probe_streak integer not null default 0,
    next_probe_at integer,
    token_sealed blob,
    token_expires_at integer,
    created_at integer not null,
    withdrawn_at integer,
    revision integer not null,
    check ((state = 'withdrawn') = (sealed is null)),
    check ((sealed is null) = (key_id is null)),
    check (state <> 'withdrawn' or (fingerprint is null and account_print is null and token_sealed is null)),
    check ((token_sealed is null) = (token_expires_at is null)),
    check (kind = 'login' or token_sealed is null)
);

insert into pool_keys_next (id, upstream, contributor_id, label, kind, sealed, fingerprint, key_id, origins,
    concurrency, state, next_probe_at, created_at, withdrawn_at, revision)
select id, upstream, contributor_id, label, 'token', sealed, fingerprint, key_id, origins, concurrency,
    case when state = 'active' then 'healthy' else state end,
    case when state = 'withdrawn' then null else 0 end,
    created_at, withdrawn_at, revision
from pool_keys;

drop table pool_keys;
alter table pool_keys_next rename to pool_keys;

create unique index pool_keys_fingerprint on pool_keys (upstream, fingerprint);
create unique index pool_keys_account_print on pool_keys (upstream, account_print);
create index pool_keys_contributor on pool_keys (contributor_id, state);
create index pool_keys_revision on pool_keys (revision);
create index pool_keys_next_probe_at on pool_keys (next_probe_at);

-- How an upstream's pool keys are chosen, where that was switched at run time; null: as configured.
create table upstream_settings (
    upstream text not null primary key,
    policy text,
    revision integer not null
);

-- What pool keys served and client keys asked for on a day: days since the epoch, in UTC. Anlas as estimated.
create table spent_days (
    kind text not null check (kind in ('pool_key', 'client_key')),
    id integer not null,
    day integer not null,
    requests integer not null,
    anlas integer not null,
    primary key (day, kind, id)
);
