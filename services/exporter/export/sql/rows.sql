-- The list and the condition come from constants; what users wrote is in parameters. COPY takes none, so the
-- client puts them in as quoted literals, wherever their number stands: never name one in a comment, where
-- a newline in it would end the comment.
select {selected}
from exporter.results as r
cross join (select $2::uuid[] as chunks, $3::text[] as names) as given
{own}
where r.batch_id = $1 and ($4::bigint[] is null or r.row_no = any($4)) and {condition}
order by r.row_no
limit $5::bigint
