-- The control database. Times are milliseconds since the Unix epoch, flags are 0 or 1, JSON is text.
-- Equal to the file of the same name in the other folder, but for the types. Never edited once released.

-- One row. Each change counts the revision up in its own transaction; ids come from here too, so that no
-- id is ever given twice. The epoch tells this database from a restored or new one.
create table meta (
    id bigint primary key check (id = 1),
    epoch text not null,
    revision bigint not null,
    last_id bigint not null,
    fingerprint_root bytea not null
);

create table users (
    id bigint primary key,
    name text not null,
    role text not null check (role in ('user', 'admin')),
    enabled bigint not null check (enabled in (0, 1)),
    rate_limit bigint,
    password_hash text,
    created_at bigint not null,
    revision bigint not null
);
create unique index users_name on users (name);
create index users_revision on users (revision);

-- Never removed: a revoked key stays, so that its owner is told so.
create table client_keys (
    id bigint primary key,
    user_id bigint not null references users (id),
    name text not null,
    hash bytea not null,
    hint text not null,
    state text not null check (state in ('active', 'disabled', 'revoked')),
    rate_limit bigint,
    concurrency bigint,
    expires_at bigint,
    models text,
    addresses text,
    created_at bigint not null,
    updated_at bigint not null,
    revision bigint not null
);
create unique index client_keys_hash on client_keys (hash);
create index client_keys_user on client_keys (user_id);
create index client_keys_revision on client_keys (revision);

-- A withdrawn key keeps its row, but neither ciphertext nor fingerprint.
create table pool_keys (
    id bigint primary key,
    upstream text not null,
    contributor_id bigint not null references users (id),
    label text not null,
    sealed bytea,
    fingerprint bytea,
    key_id text,
    origins text not null,
    concurrency bigint,
    state text not null check (state in ('active', 'paused', 'withdrawn')),
    created_at bigint not null,
    withdrawn_at bigint,
    revision bigint not null,
    check ((state = 'withdrawn') = (sealed is null)),
    check ((sealed is null) = (key_id is null))
);
create unique index pool_keys_fingerprint on pool_keys (upstream, fingerprint);
create index pool_keys_contributor on pool_keys (contributor_id);
create index pool_keys_revision on pool_keys (revision);
