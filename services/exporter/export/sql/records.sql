-- A JSON object a row, after a comma and without a line break: in JSON one can only stand between two
-- tokens. The same holds of lists, conditions and parameters as for cells.
select replace(replace(',' || left(row_to_json(f)::text, -1) || {own}, e'\n', ' '), e'\r', ' ')
from exporter.results as r
cross join (select $2::uuid[] as chunks, $3::text[] as names) as given
cross join lateral (select {fields}) as f
where r.batch_id = $1 and ($4::bigint[] is null or r.row_no = any($4)) and {condition}
order by r.row_no
limit $5::bigint
