-- What users want: the batches with their desired state, its history, and the keys of their uploads.
create table gateway.batches (
    batch_id uuid primary key,
    name text not null,
    original_filename text not null,
    created_at timestamptz not null default now(),
    total_urls bigint not null check (total_urls > 0),
    chunk_size int not null check (chunk_size between 1 and 2000),
    columns text[] not null,
    region text not null,
    weight int not null default 1 check (weight > 0),
    rows_path text not null,
    upload_path text not null,
    desired text not null check (desired in ('held', 'running', 'paused', 'cancelled', 'deleted')),
    version bigint not null default 1,
    run int not null default 1,
    retry_count int not null default 0,
    force_start boolean not null default false
);
create index batches_newest on gateway.batches (created_at desc, batch_id);

create table gateway.transitions (
    batch_id uuid not null references gateway.batches on delete cascade,
    version bigint not null,
    run int not null,
    desired text not null,
    at timestamptz not null default now(),
    primary key (batch_id, version)
);

create table gateway.idempotency_keys (
    key text primary key,
    fingerprint bytea not null,
    batch_id uuid not null,
    reply text not null,
    created_at timestamptz not null default now()
);
