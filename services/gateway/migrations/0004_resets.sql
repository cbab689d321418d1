-- Slices that an operator wants handed out again; `first_row` 0 stands for all open ones of the batch. Ingest compares
-- `at` with when a slice was handed out, so nothing has to be ticked off.
create table gateway.resets (
    batch_id uuid not null references gateway.batches on delete cascade,
    first_row bigint not null,
    at timestamptz not null default now(),
    primary key (batch_id, first_row)
);
