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
