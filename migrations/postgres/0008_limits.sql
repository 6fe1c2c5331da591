-- Limits that come of contributions, rotated client keys, who holds a pool key back, and long calls. Equal to the file
-- of the same name in the other folder, but for the types. Never edited once released.

-- null: as the policy says. `rate_limit` counts where it is manual. Who was there before keeps their number.
alter table users add column limit_mode text check (limit_mode in ('auto', 'manual'));
update users set limit_mode = 'manual';

-- One row, or none where nothing was changed yet. policy: JSON.
create table limit_policy (
    id bigint primary key check (id = 1),
    policy text not null,
    revision bigint not null
);

-- Texts that client keys had before they were rotated, and until when those work.
create table former_texts (
    hash bytea not null primary key,
    client_key_id bigint not null references client_keys (id),
    until bigint not null,
    revision bigint not null
);
create index former_texts_client_key_id on former_texts (client_key_id);
create index former_texts_revision on former_texts (revision);

-- What a client key is for, where it was not made to be kept.
alter table client_keys add column purpose text check (purpose in ('playground'));

-- NovelAI's number of the account's tier as limits count it, 0 without a running subscription; null where none was told.
alter table pool_keys add column tier bigint check (tier >= 0);
update pool_keys set tier = case when account like '{"tier":_,"active":true%'
    then cast(substr(account, 9, 1) as integer) else 0 end where account is not null;

-- Since when it is as it is; null where that was not noted yet.
alter table pool_keys add column state_since bigint check (state_since >= 0);

-- When its contributor held it back, and when an admin did, who that was and why; null: did not. Somebody with the
-- operator's token is nobody's id. It is paused as long as one of them holds it.
alter table pool_keys add column paused_at bigint check (paused_at >= 0);
alter table pool_keys add column held_at bigint check (held_at >= 0);
alter table pool_keys add column held_by bigint check (held_by >= 0);
alter table pool_keys add column held_reason text;
update pool_keys set held_at = created_at where state = 'paused';

-- Which notice of the risk its contributor has accepted, and when.
alter table pool_keys add column notice_version bigint check (notice_version >= 0);
alter table pool_keys add column notice_accepted_at bigint check (notice_accepted_at >= 0);

-- Calls that take long, with what became of each item. user_id null: the operator's. detail: JSON.
create table jobs (
    id bigint primary key,
    user_id bigint references users (id),
    kind text not null,
    state text not null check (state in ('running', 'done', 'failed', 'cancelled')),
    created_at bigint not null,
    ended_at bigint,
    total bigint not null,
    done bigint not null
);
create index jobs_user_id on jobs (user_id, id);
create table job_items (
    job_id bigint not null references jobs (id),
    item bigint not null,
    state text not null,
    detail text,
    primary key (job_id, item)
);
