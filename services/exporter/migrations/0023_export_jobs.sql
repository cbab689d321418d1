-- How far the exports in the background are. A row comes with the first claim.
create table exporter.export_jobs (
    export_id uuid primary key,
    -- Grows with each claim. An older maker's changes are refused, and its file is another one.
    fence int not null,
    -- Who makes it, until when. With nobody: the time before which it is not tried again.
    owner text,
    lease_until timestamptz not null,
    failures int not null,
    started_at timestamptz not null,
    claimed_at timestamptz not null,
    filename text,
    media_type text,
    batches uuid[] not null default '{}',
    rows_done bigint not null default 0,
    rows_total bigint,
    bytes bigint not null default 0,
    sha256 bytea,
    state text check (state in ('completed', 'failed')),
    error text,
    ended_at timestamptz,
    expires_at timestamptz,
    -- Nothing of it is in the blob store any more.
    removed_at timestamptz
);
create index export_jobs_open on exporter.export_jobs (lease_until) where state is null;
