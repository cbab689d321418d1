-- A range of rows, with what a search finds them by.
with words as (
    delete from exporter.search where batch_at = $4 and batch_id = $1 and row_no between $2 and $3
)
delete from exporter.results where batch_id = $1 and row_no between $2 and $3
