-- {{columns}} and {{condition}} come from this package's constants; what users wrote is in $1, $2 and $3.
select {columns}
from exporter.results as r
where r.batch_id = $1 and cardinality($2::uuid[]) >= 0 and cardinality($3::text[]) >= 0 and {condition}
order by r.row_no
