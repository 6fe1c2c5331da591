-- Of each bucket, sums by model and key lie model after model: who asked for a model, and which pool keys served it, is read in
-- one piece of each bucket, not row by row through an index, and writing has an index less to keep.

create table usage_by_client_key_and_model_new (
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
    primary key (level, bucket, model, user_id, client_key_id, upstream, endpoint, class)
) without rowid;

insert into usage_by_client_key_and_model_new (
    level, bucket, user_id, client_key_id, upstream, model, endpoint, class, requests, asked_bytes, answered_bytes,
    queued_us, total_us, prompt_reported, prompt_estimated, prompt_told, cached_reported, cached_estimated,
    cached_told, completion_reported, completion_estimated, completion_told, images_reported, images_estimated,
    images_told, anlas_reported, anlas_estimated, anlas_told, cost_reported, cost_estimated, cost_told
) select
    level, bucket, user_id, client_key_id, upstream, model, endpoint, class, requests, asked_bytes, answered_bytes,
    queued_us, total_us, prompt_reported, prompt_estimated, prompt_told, cached_reported, cached_estimated,
    cached_told, completion_reported, completion_estimated, completion_told, images_reported, images_estimated,
    images_told, anlas_reported, anlas_estimated, anlas_told, cost_reported, cost_estimated, cost_told
from usage_by_client_key_and_model order by level, bucket, model, user_id, client_key_id, upstream, endpoint, class;

drop table usage_by_client_key_and_model;
alter table usage_by_client_key_and_model_new rename to usage_by_client_key_and_model;

create table usage_by_pool_key_and_model_new (
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
    primary key (level, bucket, model, pool_key_id, upstream, endpoint, class)
) without rowid;

insert into usage_by_pool_key_and_model_new (
    level, bucket, pool_key_id, upstream, model, endpoint, class, requests, asked_bytes, answered_bytes, queued_us,
    total_us, prompt_reported, prompt_estimated, prompt_told, cached_reported, cached_estimated, cached_told,
    completion_reported, completion_estimated, completion_told, images_reported, images_estimated, images_told,
    anlas_reported, anlas_estimated, anlas_told, cost_reported, cost_estimated, cost_told
) select
    level, bucket, pool_key_id, upstream, model, endpoint, class, requests, asked_bytes, answered_bytes, queued_us,
    total_us, prompt_reported, prompt_estimated, prompt_told, cached_reported, cached_estimated, cached_told,
    completion_reported, completion_estimated, completion_told, images_reported, images_estimated, images_told,
    anlas_reported, anlas_estimated, anlas_told, cost_reported, cost_estimated, cost_told
from usage_by_pool_key_and_model order by level, bucket, model, pool_key_id, upstream, endpoint, class;

drop table usage_by_pool_key_and_model;
alter table usage_by_pool_key_and_model_new rename to usage_by_pool_key_and_model;

create index usage_by_client_key_and_model_user_id on usage_by_client_key_and_model (user_id, level, bucket);
create index usage_by_client_key_and_model_client_key_id on usage_by_client_key_and_model (client_key_id, level, bucket);
create index usage_by_pool_key_and_model_pool_key_id on usage_by_pool_key_and_model (pool_key_id, level, bucket);

delete from sqlite_stat1 where tbl like 'usage_by_client_key_and_model%' or tbl like 'usage_by_pool_key_and_model%';
insert into sqlite_stat1 (tbl, idx, stat) values
    ('usage_by_client_key_and_model', 'usage_by_client_key_and_model', '1000000 500000 15000 600 4 2 2 2 1 noskipscan'),
    ('usage_by_client_key_and_model', 'usage_by_client_key_and_model_user_id', '1000000 2000 1000 30 noskipscan'),
    ('usage_by_client_key_and_model', 'usage_by_client_key_and_model_client_key_id', '1000000 1000 500 15 noskipscan'),
    ('usage_by_pool_key_and_model', 'usage_by_pool_key_and_model', '1000000 1000000 8000 400 2 2 2 1 noskipscan'),
    ('usage_by_pool_key_and_model', 'usage_by_pool_key_and_model_pool_key_id', '1000000 5000 5000 40 noskipscan');
