-- Accounts: sessions, tokens, second factors, invitations. Equal to the file of the same name in the other folder, but
-- for the types. Never edited once released. Of what is shown once only a SHA-256 is kept.

-- A user who was deleted keeps the row, because other rows name its id; name and password are gone.
alter table users add column deleted_at bigint check (deleted_at >= 0);

-- One login on one device. cookies: whether a browser holds it. agent and address: what began it, for its owner.
create table sessions (
    id bigint primary key,
    user_id bigint not null references users (id),
    cookies bigint not null check (cookies in (0, 1)),
    agent text,
    address text,
    created_at bigint not null,
    used_at bigint not null,
    expires_at bigint not null
);
create index sessions_user on sessions (user_id);

-- Each refresh token of a living session. A used one stays until it expires, so that using it again is noticed.
create table refresh_tokens (
    hash bytea not null primary key,
    session_id bigint not null references sessions (id),
    expires_at bigint not null,
    used_at bigint
);
create index refresh_tokens_session on refresh_tokens (session_id);

-- What access tokens are signed with, sealed. The one that is not retired signs.
create table signing_keys (
    id bigint primary key,
    sealed bytea not null,
    key_id text not null,
    created_at bigint not null,
    retired_at bigint
);

-- The second factor. confirmed_at is null until a code has shown that it is set up. last_step: the newest time step of
-- which a code was taken.
create table totp (
    user_id bigint not null primary key references users (id),
    sealed bytea not null,
    key_id text not null,
    created_at bigint not null,
    confirmed_at bigint,
    last_step bigint not null
);

-- Deleted when they are used.
create table recovery_codes (
    user_id bigint not null references users (id),
    hash bytea not null,
    primary key (user_id, hash)
);

-- Tokens for a user's programs. scopes: JSON. hint: the last four characters.
create table personal_tokens (
    id bigint primary key,
    user_id bigint not null references users (id),
    name text not null,
    hash bytea not null,
    hint text not null,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint,
    used_at bigint
);
create unique index personal_tokens_hash on personal_tokens (hash);
create index personal_tokens_user on personal_tokens (user_id);

-- Leave to register. Rows stay, for the list of who was invited by whom.
create table invitations (
    id bigint primary key,
    hash bytea not null,
    hint text not null,
    note text not null,
    created_by bigint references users (id),
    uses bigint not null check (uses >= 1),
    used bigint not null check (used >= 0 and used <= uses),
    created_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint
);
create unique index invitations_hash on invitations (hash);

-- Leave to set a new password, given by an admin; at most one for a user.
create table password_resets (
    user_id bigint not null primary key references users (id),
    hash bytea not null,
    expires_at bigint not null
);
create unique index password_resets_hash on password_resets (hash);

-- What is set for the whole relay at run time. value: JSON.
create table settings (
    name text not null primary key,
    value text not null,
    revision bigint not null
);
