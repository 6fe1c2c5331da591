-- Sums by the relay's own reason: of requests that have one. By hours and days. What is still known request by request is
-- added up.
create table usage_by_code (
    bucket integer not null,
    upstream integer not null,
    code integer not null,
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
    primary key (level, bucket, upstream, class, code)
) with (fillfactor = 80);

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
