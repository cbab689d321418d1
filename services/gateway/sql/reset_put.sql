-- Comes back: how many slices ingest will hand out again.
with asked as (
    insert into gateway.resets (batch_id, first_row) values ($1, $2)
    on conflict (batch_id, first_row) do update set at = excluded.at
)
select count(*) from ingest.slices where batch_id = $1 and $2 in (0, first_row) and released_at is null
