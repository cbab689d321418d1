-- A range of rows, with their earlier attempts and what a search finds them by.
with words as (
    delete from exporter.search where batch_at = $4 and batch_id = $1 and row_no between $2 and $3
),
earlier as (
    delete from exporter.earlier_attempts where batch_id = $1 and row_no between $2 and $3
)
delete from exporter.results where batch_id = $1 and row_no between $2 and $3
