-- The books of usage. The same columns in the other folder; what differs are widths, day partitions and the order of
-- rows on disk. Never edited once released.

-- Which database of the relay these books belong to, and the last serial number that an event was given.
create table usage_meta (
    id integer primary key check (id = 1),
    epoch text not null,
    last_serial integer not null
);

-- Up to which number the events of an edge's process are written. Never deleted: a number at or below it is a repetition.
create table usage_marks (
    edge text not null,
    epoch integer not null,
    up_to integer not null,
    primary key (edge, epoch)
);

-- Names that events have in common, so that rows carry numbers. 0 is nobody's.
create table usage_names (
    id integer primary key check (id > 0),
    kind text not null check (kind in ('upstream', 'node', 'model', 'code')),
    name text not null,
    unique (kind, name)
);

-- What stands for models that came when there were too many.
insert into usage_names (id, kind, name) values (1, 'model', '(other)');

-- Requests that have ended.
-- id: when it ended, in milliseconds since the Unix epoch, times 2^20, plus a serial number: in order of time.
-- request_high, request_low: the first two and the last eight bytes of its id.
-- user_id, client_key_id, pool_key_id, upstream, node, model, code: 0 where there is none.
-- endpoint, ended, class: numbers of the program's lists. told: two bits a figure, 1 estimated, 2 reported.
-- prompt to cost: null where nobody knows. Times in microseconds.
create table usage_events (
    id integer not null primary key,
    request_low integer not null,
    user_id integer not null,
    client_key_id integer not null,
    pool_key_id integer not null,
    total_us integer not null,
    asked_bytes integer not null,
    answered_bytes integer not null,
    prompt integer,
    cached integer,
    completion integer,
    images integer,
    anlas integer,
    cost integer,
    request_high integer not null,
    upstream integer not null,
    node integer not null,
    model integer not null,
    code integer not null,
    queued_us integer not null,
    first_byte_us integer,
    own_us integer,
    endpoint integer not null,
    status integer not null,
    ended integer not null,
    class integer not null,
    attempts integer not null,
    told integer not null
);

create index usage_events_request_low on usage_events (request_low);
create index usage_events_user_id on usage_events (user_id);
create index usage_events_client_key_id on usage_events (client_key_id);
create index usage_events_pool_key_id on usage_events (pool_key_id);
create index usage_events_failed on usage_events (class) where class > 0;

-- How requests that did not end well came to their ends, as JSON. id: the request's.
create table usage_traces (
    id integer not null primary key,
    trace text not null
);

-- Sums. level: 0 minutes, 1 hours, 2 days. bucket: how many of them lie between the Unix epoch and this one. By key and
-- model there are no minutes: they would be nearly as many rows as requests.
-- A sum of nothing is null. _reported, _estimated: sums; _told: how many requests had a figure at all.
create table usage_by_class (
    level integer not null,
    bucket integer not null,
    upstream integer not null,
    class integer not null,
    requests integer not null,
    asked_bytes integer,
    answered_bytes integer,
    queued_us integer,
    total_us integer,
    prompt_reported integer,
    prompt_estimated integer,
    prompt_told integer,
    cached_reported integer,
    cached_estimated integer,
    cached_told integer,
    completion_reported integer,
    completion_estimated integer,
    completion_told integer,
    images_reported integer,
    images_estimated integer,
    images_told integer,
    anlas_reported integer,
    anlas_estimated integer,
    anlas_told integer,
    cost_reported integer,
    cost_estimated integer,
    cost_told integer,
    primary key (level, bucket, upstream, class)
) without rowid;

create table usage_by_node (
    level integer not null,
    bucket integer not null,
    upstream integer not null,
    node integer not null,
    model integer not null,
    endpoint integer not null,
    class integer not null,
    requests integer not null,
    asked_bytes integer,
    answered_bytes integer,
    queued_us integer,
    total_us integer,
    prompt_reported integer,
    prompt_estimated integer,
    prompt_told integer,
    cached_reported integer,
    cached_estimated integer,
    cached_told integer,
    completion_reported integer,
    completion_estimated integer,
    completion_told integer,
    images_reported integer,
    images_estimated integer,
    images_told integer,
    anlas_reported integer,
    anlas_estimated integer,
    anlas_told integer,
    cost_reported integer,
    cost_estimated integer,
    cost_told integer,
    primary key (level, bucket, upstream, node, model, endpoint, class)
) without rowid;

create table usage_by_client_key (
    level integer not null,
    bucket integer not null,
    user_id integer not null,
    client_key_id integer not null,
    class integer not null,
    requests integer not null,
    asked_bytes integer,
    answered_bytes integer,
    queued_us integer,
    total_us integer,
    prompt_reported integer,
    prompt_estimated integer,
    prompt_told integer,
    cached_reported integer,
    cached_estimated integer,
    cached_told integer,
    completion_reported integer,
    completion_estimated integer,
    completion_told integer,
    images_reported integer,
    images_estimated integer,
    images_told integer,
    anlas_reported integer,
    anlas_estimated integer,
    anlas_told integer,
    cost_reported integer,
    cost_estimated integer,
    cost_told integer,
    primary key (level, bucket, user_id, client_key_id, class)
) without rowid;

create table usage_by_client_key_and_model (
    level integer not null,
    bucket integer not null,
    user_id integer not null,
    client_key_id integer not null,
    upstream integer not null,
    model integer not null,
    endpoint integer not null,
    class integer not null,
    requests integer not null,
    asked_bytes integer,
    answered_bytes integer,
    queued_us integer,
    total_us integer,
    prompt_reported integer,
    prompt_estimated integer,
    prompt_told integer,
    cached_reported integer,
    cached_estimated integer,
    cached_told integer,
    completion_reported integer,
    completion_estimated integer,
    completion_told integer,
    images_reported integer,
    images_estimated integer,
    images_told integer,
    anlas_reported integer,
    anlas_estimated integer,
    anlas_told integer,
    cost_reported integer,
    cost_estimated integer,
    cost_told integer,
    primary key (level, bucket, user_id, client_key_id, upstream, model, endpoint, class)
) without rowid;

create table usage_by_pool_key (
    level integer not null,
    bucket integer not null,
    pool_key_id integer not null,
    upstream integer not null,
    class integer not null,
    requests integer not null,
    asked_bytes integer,
    answered_bytes integer,
    queued_us integer,
    total_us integer,
    prompt_reported integer,
    prompt_estimated integer,
    prompt_told integer,
    cached_reported integer,
    cached_estimated integer,
    cached_told integer,
    completion_reported integer,
    completion_estimated integer,
    completion_told integer,
    images_reported integer,
    images_estimated integer,
    images_told integer,
    anlas_reported integer,
    anlas_estimated integer,
    anlas_told integer,
    cost_reported integer,
    cost_estimated integer,
    cost_told integer,
    primary key (level, bucket, pool_key_id, upstream, class)
) without rowid;

create table usage_by_pool_key_and_model (
    level integer not null,
    bucket integer not null,
    pool_key_id integer not null,
    upstream integer not null,
    model integer not null,
    endpoint integer not null,
    class integer not null,
    requests integer not null,
    asked_bytes integer,
    answered_bytes integer,
    queued_us integer,
    total_us integer,
    prompt_reported integer,
    prompt_estimated integer,
    prompt_told integer,
    cached_reported integer,
    cached_estimated integer,
    cached_told integer,
    completion_reported integer,
    completion_estimated integer,
    completion_told integer,
    images_reported integer,
    images_estimated integer,
    images_told integer,
    anlas_reported integer,
    anlas_estimated integer,
    anlas_told integer,
    cost_reported integer,
    cost_estimated integer,
    cost_told integer,
    primary key (level, bucket, pool_key_id, upstream, model, endpoint, class)
) without rowid;

create index usage_by_client_key_user_id on usage_by_client_key (user_id, level, bucket);
create index usage_by_client_key_and_model_user_id on usage_by_client_key_and_model (user_id, level, bucket);
create index usage_by_client_key_client_key_id on usage_by_client_key (client_key_id, level, bucket);
create index usage_by_client_key_and_model_client_key_id on usage_by_client_key_and_model (client_key_id, level, bucket);
create index usage_by_pool_key_pool_key_id on usage_by_pool_key (pool_key_id, level, bucket);
create index usage_by_pool_key_and_model_pool_key_id on usage_by_pool_key_and_model (pool_key_id, level, bucket);

-- How long requests took, counted in slots: the program's own packing.
create table usage_latencies (
    level integer not null,
    bucket integer not null,
    upstream integer not null,
    endpoint integer not null,
    counts blob not null,
    primary key (level, bucket, upstream, endpoint)
) without rowid;

-- Who used a pool key on a day: counted, never shown.
create table usage_persons (
    day integer not null,
    pool_key_id integer not null,
    user_id integer not null,
    primary key (day, pool_key_id, user_id)
) without rowid;
