-- Sums by the relay's own reason: of requests that have one. By hours and days. What is still known request by request is
-- added up.
create table usage_by_code (
    level integer not null,
    bucket integer not null,
    upstream integer not null,
    class integer not null,
    code integer not null,
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
    primary key (level, bucket, upstream, class, code)
) without rowid;

insert into usage_by_code (
    level, bucket, upstream, class, code, requests, asked_bytes, answered_bytes, queued_us, total_us, prompt_reported,
    prompt_estimated, prompt_told, cached_reported, cached_estimated, cached_told, completion_reported,
    completion_estimated, completion_told, images_reported, images_estimated, images_told, anlas_reported,
    anlas_estimated, anlas_told, cost_reported, cost_estimated, cost_told
) select
    1, id / 3774873600000, upstream, class, code, count(*), nullif(sum(asked_bytes), 0),
    nullif(sum(answered_bytes), 0), nullif(sum(queued_us), 0), nullif(sum(total_us), 0),
    nullif(sum(case when (told >> 0) & 3 = 2 then prompt end), 0),
    nullif(sum(case when (told >> 0) & 3 = 1 then prompt end), 0), nullif(count(prompt), 0),
    nullif(sum(case when (told >> 2) & 3 = 2 then cached end), 0),
    nullif(sum(case when (told >> 2) & 3 = 1 then cached end), 0), nullif(count(cached), 0),
    nullif(sum(case when (told >> 4) & 3 = 2 then completion end), 0),
    nullif(sum(case when (told >> 4) & 3 = 1 then completion end), 0), nullif(count(completion), 0),
    nullif(sum(case when (told >> 6) & 3 = 2 then images end), 0),
    nullif(sum(case when (told >> 6) & 3 = 1 then images end), 0), nullif(count(images), 0),
    nullif(sum(case when (told >> 8) & 3 = 2 then anlas end), 0),
    nullif(sum(case when (told >> 8) & 3 = 1 then anlas end), 0), nullif(count(anlas), 0),
    nullif(sum(case when (told >> 10) & 3 = 2 then cost end), 0),
    nullif(sum(case when (told >> 10) & 3 = 1 then cost end), 0), nullif(count(cost), 0)
from usage_events where class > 0 and code > 0 group by id / 3774873600000, upstream, class, code;

insert into usage_by_code (
    level, bucket, upstream, class, code, requests, asked_bytes, answered_bytes, queued_us, total_us, prompt_reported,
    prompt_estimated, prompt_told, cached_reported, cached_estimated, cached_told, completion_reported,
    completion_estimated, completion_told, images_reported, images_estimated, images_told, anlas_reported,
    anlas_estimated, anlas_told, cost_reported, cost_estimated, cost_told
) select
    2, id / 90596966400000, upstream, class, code, count(*), nullif(sum(asked_bytes), 0),
    nullif(sum(answered_bytes), 0), nullif(sum(queued_us), 0), nullif(sum(total_us), 0),
    nullif(sum(case when (told >> 0) & 3 = 2 then prompt end), 0),
    nullif(sum(case when (told >> 0) & 3 = 1 then prompt end), 0), nullif(count(prompt), 0),
    nullif(sum(case when (told >> 2) & 3 = 2 then cached end), 0),
    nullif(sum(case when (told >> 2) & 3 = 1 then cached end), 0), nullif(count(cached), 0),
    nullif(sum(case when (told >> 4) & 3 = 2 then completion end), 0),
    nullif(sum(case when (told >> 4) & 3 = 1 then completion end), 0), nullif(count(completion), 0),
    nullif(sum(case when (told >> 6) & 3 = 2 then images end), 0),
    nullif(sum(case when (told >> 6) & 3 = 1 then images end), 0), nullif(count(images), 0),
    nullif(sum(case when (told >> 8) & 3 = 2 then anlas end), 0),
    nullif(sum(case when (told >> 8) & 3 = 1 then anlas end), 0), nullif(count(anlas), 0),
    nullif(sum(case when (told >> 10) & 3 = 2 then cost end), 0),
    nullif(sum(case when (told >> 10) & 3 = 1 then cost end), 0), nullif(count(cost), 0)
from usage_events where class > 0 and code > 0 group by id / 90596966400000, upstream, class, code;
