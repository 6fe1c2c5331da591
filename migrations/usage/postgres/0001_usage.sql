-- The books of usage. The same columns in the other folder; what differs are widths, day partitions and the order of
-- rows on disk. Never edited once released.

-- Which database of the relay these books belong to, and the last serial number that an event was given.
create table usage_meta (
    id bigint primary key check (id = 1),
    epoch text not null,
    last_serial bigint not null
);

-- Up to which number the events of an edge's process are written. Never deleted: a number at or below it is a repetition.
create table usage_marks (
    edge text not null,
    epoch bigint not null,
    up_to bigint not null,
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
    id bigint primary key,
    request_low bigint not null,
    user_id bigint not null,
    client_key_id bigint not null,
    pool_key_id bigint not null,
    total_us bigint not null,
    asked_bytes bigint not null,
    answered_bytes bigint not null,
    prompt bigint,
    cached bigint,
    completion bigint,
    images bigint,
    anlas bigint,
    cost bigint,
    request_high integer not null,
    upstream integer not null,
    node integer not null,
    model integer not null,
    code integer not null,
    queued_us integer not null,
    first_byte_us integer,
    own_us integer,
    endpoint smallint not null,
    status smallint not null,
    ended smallint not null,
    class smallint not null,
    attempts smallint not null,
    told smallint not null
) partition by range (id);

create index usage_events_request_low on usage_events (request_low);
create index usage_events_user_id on usage_events (user_id);
create index usage_events_client_key_id on usage_events (client_key_id);
create index usage_events_pool_key_id on usage_events (pool_key_id);
create index usage_events_failed on usage_events (class) where class > 0;

-- How requests that did not end well came to their ends, as JSON. id: the request's.
create table usage_traces (
    id bigint not null primary key,
    trace text not null
) partition by range (id);

-- Sums. level: 0 minutes, 1 hours, 2 days. bucket: how many of them lie between the Unix epoch and this one. By key and
-- model there are no minutes: they would be nearly as many rows as requests.
-- A sum of nothing is null. _reported, _estimated: sums; _told: how many requests had a figure at all.
create table usage_by_class (
    bucket integer not null,
    upstream integer not null,
    level smallint not null,
    class smallint not null,
    requests bigint not null,
    asked_bytes bigint,
    answered_bytes bigint,
    queued_us bigint,
    total_us bigint,
    prompt_reported bigint,
    prompt_estimated bigint,
    prompt_told bigint,
    cached_reported bigint,
    cached_estimated bigint,
    cached_told bigint,
    completion_reported bigint,
    completion_estimated bigint,
    completion_told bigint,
    images_reported bigint,
    images_estimated bigint,
    images_told bigint,
    anlas_reported bigint,
    anlas_estimated bigint,
    anlas_told bigint,
    cost_reported bigint,
    cost_estimated bigint,
    cost_told bigint,
    primary key (level, bucket, upstream, class)
) partition by range (level, bucket);

create table usage_by_node (
    bucket integer not null,
    upstream integer not null,
    node integer not null,
    model integer not null,
    level smallint not null,
    endpoint smallint not null,
    class smallint not null,
    requests bigint not null,
    asked_bytes bigint,
    answered_bytes bigint,
    queued_us bigint,
    total_us bigint,
    prompt_reported bigint,
    prompt_estimated bigint,
    prompt_told bigint,
    cached_reported bigint,
    cached_estimated bigint,
    cached_told bigint,
    completion_reported bigint,
    completion_estimated bigint,
    completion_told bigint,
    images_reported bigint,
    images_estimated bigint,
    images_told bigint,
    anlas_reported bigint,
    anlas_estimated bigint,
    anlas_told bigint,
    cost_reported bigint,
    cost_estimated bigint,
    cost_told bigint,
    primary key (level, bucket, upstream, node, model, endpoint, class)
) partition by range (level, bucket);

create table usage_by_client_key (
    user_id bigint not null,
    client_key_id bigint not null,
    bucket integer not null,
    level smallint not null,
    class smallint not null,
    requests bigint not null,
    asked_bytes bigint,
    answered_bytes bigint,
    queued_us bigint,
    total_us bigint,
    prompt_reported bigint,
    prompt_estimated bigint,
    prompt_told bigint,
    cached_reported bigint,
    cached_estimated bigint,
    cached_told bigint,
    completion_reported bigint,
    completion_estimated bigint,
    completion_told bigint,
    images_reported bigint,
    images_estimated bigint,
    images_told bigint,
    anlas_reported bigint,
    anlas_estimated bigint,
    anlas_told bigint,
    cost_reported bigint,
    cost_estimated bigint,
    cost_told bigint,
    primary key (level, bucket, user_id, client_key_id, class)
) partition by range (level, bucket);

create table usage_by_client_key_and_model (
    user_id bigint not null,
    client_key_id bigint not null,
    bucket integer not null,
    upstream integer not null,
    model integer not null,
    level smallint not null,
    endpoint smallint not null,
    class smallint not null,
    requests bigint not null,
    asked_bytes bigint,
    answered_bytes bigint,
    queued_us bigint,
    total_us bigint,
    prompt_reported bigint,
    prompt_estimated bigint,
    prompt_told bigint,
    cached_reported bigint,
    cached_estimated bigint,
    cached_told bigint,
    completion_reported bigint,
    completion_estimated bigint,
    completion_told bigint,
    images_reported bigint,
    images_estimated bigint,
    images_told bigint,
    anlas_reported bigint,
    anlas_estimated bigint,
    anlas_told bigint,
    cost_reported bigint,
    cost_estimated bigint,
    cost_told bigint,
    primary key (level, bucket, user_id, client_key_id, upstream, model, endpoint, class)
);

create table usage_by_pool_key (
    pool_key_id bigint not null,
    bucket integer not null,
    upstream integer not null,
    level smallint not null,
    class smallint not null,
    requests bigint not null,
    asked_bytes bigint,
    answered_bytes bigint,
    queued_us bigint,
    total_us bigint,
    prompt_reported bigint,
    prompt_estimated bigint,
    prompt_told bigint,
    cached_reported bigint,
    cached_estimated bigint,
    cached_told bigint,
    completion_reported bigint,
    completion_estimated bigint,
    completion_told bigint,
    images_reported bigint,
    images_estimated bigint,
    images_told bigint,
    anlas_reported bigint,
    anlas_estimated bigint,
    anlas_told bigint,
    cost_reported bigint,
    cost_estimated bigint,
    cost_told bigint,
    primary key (level, bucket, pool_key_id, upstream, class)
) partition by range (level, bucket);

create table usage_by_pool_key_and_model (
    pool_key_id bigint not null,
    bucket integer not null,
    upstream integer not null,
    model integer not null,
    level smallint not null,
    endpoint smallint not null,
    class smallint not null,
    requests bigint not null,
    asked_bytes bigint,
    answered_bytes bigint,
    queued_us bigint,
    total_us bigint,
    prompt_reported bigint,
    prompt_estimated bigint,
    prompt_told bigint,
    cached_reported bigint,
    cached_estimated bigint,
    cached_told bigint,
    completion_reported bigint,
    completion_estimated bigint,
    completion_told bigint,
    images_reported bigint,
    images_estimated bigint,
    images_told bigint,
    anlas_reported bigint,
    anlas_estimated bigint,
    anlas_told bigint,
    cost_reported bigint,
    cost_estimated bigint,
    cost_told bigint,
    primary key (level, bucket, pool_key_id, upstream, model, endpoint, class)
);

create index usage_by_client_key_user_id on usage_by_client_key (user_id, level, bucket);
create index usage_by_client_key_and_model_user_id on usage_by_client_key_and_model (user_id, level, bucket);
create index usage_by_client_key_client_key_id on usage_by_client_key (client_key_id, level, bucket);
create index usage_by_client_key_and_model_client_key_id on usage_by_client_key_and_model (client_key_id, level, bucket);
create index usage_by_pool_key_pool_key_id on usage_by_pool_key (pool_key_id, level, bucket);
create index usage_by_pool_key_and_model_pool_key_id on usage_by_pool_key_and_model (pool_key_id, level, bucket);

-- How long requests took, counted in slots: the program's own packing.
create table usage_latencies (
    level smallint not null,
    bucket integer not null,
    upstream integer not null,
    endpoint smallint not null,
    counts bytea not null,
    primary key (level, bucket, upstream, endpoint)
) partition by range (level, bucket);

-- Who used a pool key on a day: counted, never shown.
create table usage_persons (
    day integer not null,
    pool_key_id bigint not null,
    user_id bigint not null,
    primary key (day, pool_key_id, user_id)
);

-- Minutes come in partitions of a day, which the program makes and drops; hours and days in one each.
create table usage_by_class_hours partition of usage_by_class for values from (1, minvalue) to (1, maxvalue) with (fillfactor = 80);
create table usage_by_class_days partition of usage_by_class for values from (2, minvalue) to (2, maxvalue) with (fillfactor = 80);
create table usage_by_node_hours partition of usage_by_node for values from (1, minvalue) to (1, maxvalue) with (fillfactor = 80);
create table usage_by_node_days partition of usage_by_node for values from (2, minvalue) to (2, maxvalue) with (fillfactor = 80);
create table usage_by_client_key_hours partition of usage_by_client_key for values from (1, minvalue) to (1, maxvalue) with (fillfactor = 80);
create table usage_by_client_key_days partition of usage_by_client_key for values from (2, minvalue) to (2, maxvalue) with (fillfactor = 80);
create table usage_by_pool_key_hours partition of usage_by_pool_key for values from (1, minvalue) to (1, maxvalue) with (fillfactor = 80);
create table usage_by_pool_key_days partition of usage_by_pool_key for values from (2, minvalue) to (2, maxvalue) with (fillfactor = 80);
create table usage_latencies_hours partition of usage_latencies for values from (1, minvalue) to (1, maxvalue) with (fillfactor = 80);
create table usage_latencies_days partition of usage_latencies for values from (2, minvalue) to (2, maxvalue) with (fillfactor = 80);
