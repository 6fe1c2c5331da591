-- When each client key was used last, to the minute. former: 1 by a text that it had before it was rotated. program: a
-- number from 0 to 255 that stands for what the sender calls itself. used_at: in milliseconds since the Unix epoch.
create table usage_key_uses (
    client_key_id integer not null,
    former integer not null check (former in (0, 1)),
    program integer not null check (program >= 0 and program < 256),
    used_at integer not null,
    primary key (client_key_id, former, program)
);
