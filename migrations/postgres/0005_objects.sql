-- Members' objects at stateful upstreams: who made them, and under which pool key they are kept. Equal to the file
-- of the same name in the other folder, but for the types. Never edited once released.

-- id: the upstream's own. about: the object as the upstream last showed it, JSON, for lists.
-- pool_key_id outlives the pool key: what a withdrawn key kept is never given to another.
create table objects (
    upstream text not null,
    id text not null,
    kind text not null check (kind in ('file', 'batch', 'response', 'conversation', 'fine_tuning_job', 'model')),
    owner_id bigint not null references users (id),
    pool_key_id bigint not null,
    created_at bigint not null,
    about text,
    primary key (upstream, id)
);

create index objects_created_at on objects (kind, created_at);
