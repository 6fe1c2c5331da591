-- Accounts: sessions, tokens, second factors, invitations. Equal to the file of the same name in the other folder, but
-- for the types. Never edited once released. Of what is shown once only a SHA-256 is kept.

-- A user who was deleted keeps the row, because other rows name its id; name and password are gone.
alter table users add column deleted_at integer check (deleted_at >= 0);

-- One login on one device. cookies: whether a browser holds it. agent and address: what began it, for its owner.
create table sessions (
    id integer primary key,
    user_id integer not null references users (id),
    cookies integer not null check (cookies in (0, 1)),
    agent text,
    address text,
    created_at integer not null,
    used_at integer not null,
    expires_at integer not null
);
create index sessions_user on sessions (user_id);

-- Each refresh token of a living session. A used one stays until it expires, so that using it again is noticed.
create table refresh_tokens (
    hash blob not null primary key,
    session_id integer not null references sessions (id),
    expires_at integer not null,
    used_at integer
);
create index refresh_tokens_session on refresh_tokens (session_id);

-- What access tokens are signed with, sealed. The one that is not retired signs.
create table signing_keys (
    id integer primary key,
    sealed blob not null,
    key_id text not null,
    created_at integer not null,
    retired_at integer
);

-- The second factor. confirmed_at is null until a code has shown that it is set up. last_step: the newest time step of
-- which a code was taken.
create table totp (
    user_id integer not null primary key references users (id),
    sealed blob not null,
    key_id text not null,
    created_at integer not null,
    confirmed_at integer,
    last_step integer not null
);

-- Deleted when they are used.
create table recovery_codes (
    user_id integer not null references users (id),
    hash blob not null,
    primary key (user_id, hash)
);

-- Tokens for a user's programs. scopes: JSON. hint: the last four characters.
create table personal_tokens (
    id integer primary key,
    user_id integer not null references users (id),
    name text not null,
    hash blob not null,
    hint text not null,
    scopes text not null,
    created_at integer not null,
    expires_at integer,
    used_at integer
);
create unique index personal_tokens_hash on personal_tokens (hash);
create index personal_tokens_user on personal_tokens (user_id);

-- Leave to register. Rows stay, for the list of who was invited by whom.
create table invitations (
    id integer primary key,
    hash blob not null,
    hint text not null,
    note text not null,
    created_by integer references users (id),
    uses integer not null check (uses >= 1),
    used integer not null check (used >= 0 and used <= uses),
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer
);
create unique index invitations_hash on invitations (hash);

-- Leave to set a new password, given by an admin; at most one for a user.
create table password_resets (
    user_id integer not null primary key references users (id),
    hash blob not null,
    expires_at integer not null
);
create unique index password_resets_hash on password_resets (hash);

-- What is set for the whole relay at run time. value: JSON.
create table settings (
    name text not null primary key,
    value text not null,
    revision integer not null
);
