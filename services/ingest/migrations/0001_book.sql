-- The book: how far each batch was cut, and the row ranges that were handed out and are not
-- evidenced in the results yet. Every change compares the owner's epoch.
create table ingest.batches (
    batch_id uuid primary key,
    run int not null default 1,
    owner_epoch bigint not null default 0,
    started_at timestamptz,
    closed_at timestamptz,
    next_row bigint not null default 1,
    next_byte bigint not null default 0
);
create index batches_open on ingest.batches (batch_id) where closed_at is null;

-- `log_partition` and `log_offset`: where the slice lies in the topic of slices, by which its fate is told;
-- -1 where that is not known, which counts as lost.
create table ingest.slices (
    batch_id uuid not null references ingest.batches on delete cascade,
    first_row bigint not null,
    last_row bigint not null,
    chunk_no int not null,
    first_byte bigint not null,
    end_byte bigint not null,
    dispatch int not null default 1,
    dispatched_at timestamptz not null default now(),
    log_partition int not null,
    log_offset bigint not null,
    finished_at timestamptz,
    released_at timestamptz,
    worker text,
    primary key (batch_id, first_row)
);
