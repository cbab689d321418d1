-- Where a page of a batch's results lies. $2 says which rows count: processed, successful, failed or a class
-- of errors. The page begins after $3 of them, or, where $3 is null, somewhere in chunk $4 or behind. Comes
-- back: how many there are, how many of the first chunk lie before the page, and the chunks that surely hold
-- $5 rows behind a part of the first; no more than $6.
with counted as (
    select
        chunk_no,
        case $2::text
            when 'processed' then processed
            when 'successful' then successful
            when 'failed' then failed
            else coalesce((errors ->> $2::text)::int, 0)
        end as rows
    from exporter.chunks
    where batch_id = $1
),
numbered as (
    select chunk_no, rows, sum(rows) over (order by chunk_no) - rows as before from counted where rows > 0
),
beginning as (
    select chunk_no, rows, before
    from numbered
    where case when $3::bigint is null then chunk_no >= $4::int else before + rows > $3 end
    order by chunk_no
    limit 1
)
select
    (select coalesce(sum(rows), 0) from counted)::bigint as total,
    coalesce((select $3 - before from beginning), 0)::bigint as skip,
    array(
        select n.chunk_no
        from numbered as n
        cross join beginning as f
        where n.chunk_no >= f.chunk_no and n.before < f.before + f.rows + $5::bigint
        order by n.chunk_no
        limit $6::int
    ) as chunks
