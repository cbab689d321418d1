-- Everything that is counted: the results, the counters of their chunks, the offsets. One writer.
create table exporter.results (
    batch_id uuid not null,
    row_no bigint not null,
    chunk_no int not null,
    attempt int not null,
    url text not null,
    success boolean not null,
    store_image boolean,
    text_content text,
    store_name text,
    business_contact text,
    image_description text,
    error_class text,
    error_message text,
    analysis_result json,
    processing_time_seconds real not null,
    api_key_used text,
    cache_hit boolean not null,
    gemini_model_used text,
    extra json,
    created_at timestamptz not null,
    primary key (batch_id, row_no)
);

create table exporter.chunks (
    batch_id uuid not null,
    chunk_no int not null,
    processed int not null,
    successful int not null,
    failed int not null,
    errors jsonb not null default '{}',
    worker text,
    first_result_at timestamptz not null,
    last_result_at timestamptz not null,
    primary key (batch_id, chunk_no)
);

create table exporter.offsets (
    topic text not null,
    partition int not null,
    next_offset bigint not null,
    primary key (topic, partition)
);

-- How cells leave in an export. Single expressions, so that the planner inlines them.
create function exporter.cell(value text) returns text language sql immutable parallel safe as $$
    -- A cell that a spreadsheet would run as a formula gets a leading quote; a whole number or an
    -- E.164 phone number (a number, too) is left as it is.
    select case
        when value ~ '^[[:space:]]*[-=+@\t\r]' and value !~ '^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$'
            then '''' || value
        else value
    end
$$;

create function exporter.utc(value timestamptz) returns text language sql stable parallel safe as $$
    select to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The same as shared.ids.result_id: the batch's first 96 bits, then the row number as 32 bits.
create function exporter.result_id(batch_id uuid, row_no bigint) returns uuid language sql immutable parallel safe as $$
    select (substr(batch_id::text, 1, 28) || lpad(to_hex(row_no), 8, '0'))::uuid
$$;

-- The batches whose run has not ended and whose every row has a result: their end is due.
create view exporter.whole as
select b.batch_id, b.run, b.version, b.total_urls, b.created_at, c.successful, c.failed
from gateway.batches as b
cross join lateral (
    select sum(processed) as processed, sum(successful) as successful, sum(failed) as failed
    from exporter.chunks
    where batch_id = b.batch_id
) as c
where
    b.desired not in ('cancelled', 'deleted')
    and not exists (select from lifecycle.terminal as t where t.batch_id = b.batch_id and t.run = b.run)
    and c.processed = b.total_urls;
