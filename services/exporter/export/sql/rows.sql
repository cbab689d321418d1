-- The list and the condition come from this package's constants; what users wrote is in parameters.
-- COPY takes none, so the client puts them in as quoted literals, wherever their number stands:
-- never name one in a comment, where a newline in it would end the comment.
select {columns}
from exporter.results as r
where r.batch_id = $1 and cardinality($2::uuid[]) >= 0 and cardinality($3::text[]) >= 0 and {condition}
order by r.row_no
