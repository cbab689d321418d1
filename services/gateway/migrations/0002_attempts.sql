-- What a retry wants: the attempt of each retried row (of every other row: 1), and how many attempts beyond
-- the first were ever wanted of a chunk and of a batch, so that nobody has to count rows. No foreign keys: checking
-- one for each of a million rows takes longer than writing them, and a batch's row stays when it is deleted.
create table gateway.wanted (
    batch_id uuid not null,
    row_no bigint not null,
    attempt int not null check (attempt > 1),
    primary key (batch_id, row_no)
);

create table gateway.wanted_chunks (
    batch_id uuid not null,
    chunk_no int not null,
    retried bigint not null check (retried > 0),
    primary key (batch_id, chunk_no)
);

alter table gateway.batches
    add column retried bigint not null default 0,
    -- The batch whose results this clone begins with; they are its first run's.
    add column copied_from uuid;
