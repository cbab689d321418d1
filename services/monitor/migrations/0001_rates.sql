-- What is derived and can be derived again: losing it costs a rebuild, nothing else.
create table monitor.rates (
    batch_id uuid not null,
    bucket timestamptz not null,
    processed int not null,
    failed int not null,
    cache_hits int not null,
    primary key (batch_id, bucket)
);

create table monitor.stuck (
    batch_id uuid not null,
    chunk_no int not null,
    first_row bigint not null,
    since timestamptz not null,
    why text not null,
    primary key (batch_id, first_row)
);

create table monitor.offsets (
    topic text not null,
    partition int not null,
    next_offset bigint not null,
    primary key (topic, partition)
);
