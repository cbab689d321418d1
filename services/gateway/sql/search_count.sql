-- How many results hold the words $3, in the batch $1 and $2 or in all; no more than $4 are counted.
select count(*)
from (
    select
    from exporter.search
    where
        ($1::timestamptz is null or (batch_at = $1 and batch_id = $2::uuid))
        and ($3::text is null or document @@ websearch_to_tsquery('simple', $3))
    limit $4
) as counted
