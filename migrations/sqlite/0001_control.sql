-- The control database. Times are milliseconds since the Unix epoch, flags are 0 or 1, JSON is text.
-- Equal to the file of the same name in the other folder, but for the types. Never edited once released.

-- One row. Each change counts the revision up in its own transaction; ids come from here too, so that no
-- id is ever given twice. The epoch tells this database from a restored or new one.
create table meta (
    id integer primary key check (id = 1),
    epoch text not null,
    revision integer not null,
    last_id integer not null,
    fingerprint_root blob not null
);

create table users (
    id integer primary key,
    name text not null,
    role text not null check (role in ('user', 'admin')),
    enabled integer not null check (enabled in (0, 1)),
    rate_limit integer,
    password_hash text,
    created_at integer not null,
    revision integer not null
);
create unique index users_name on users (name);
create index users_revision on users (revision);

-- Never removed: a revoked key stays, so that its owner is told so.
create table client_keys (
    id integer primary key,
    user_id integer not null references users (id),
    name text not null,
    hash blob not null,
    hint text not null,
    state text not null check (state in ('active', 'disabled', 'revoked')),
    rate_limit integer,
    concurrency integer,
    expires_at integer,
    models text,
    addresses text,
    created_at integer not null,
    updated_at integer not null,
    revision integer not null
);
create unique index client_keys_hash on client_keys (hash);
create index client_keys_user on client_keys (user_id);
create index client_keys_revision on client_keys (revision);

-- A withdrawn key keeps its row, but neither ciphertext nor fingerprint.
create table pool_keys (
    id integer primary key,
    upstream text not null,
    contributor_id integer not null references users (id),
    label text not null,
    sealed blob,
    fingerprint blob,
    key_id text,
    origins text not null,
    concurrency integer,
    state text not null check (state in ('active', 'paused', 'withdrawn')),
    created_at integer not null,
    withdrawn_at integer,
    revision integer not null,
    check ((state = 'withdrawn') = (sealed is null)),
    check ((sealed is null) = (key_id is null))
);
create unique index pool_keys_fingerprint on pool_keys (upstream, fingerprint);
create index pool_keys_contributor on pool_keys (contributor_id);
create index pool_keys_revision on pool_keys (revision);
