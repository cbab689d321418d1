-- The words of the results. Storing a result does not touch this: it only says that its chunk is to be indexed
-- (again), and the indexer does so later (search/indexer.py). In the order of a search: newest batches first.
create table exporter.search (
    batch_at timestamptz not null,
    batch_id uuid not null,
    row_no bigint not null,
    document tsvector not null,
    primary key (batch_at, batch_id, row_no)
);
-- Every search reads the whole list of what is not merged into the index yet: kept short. Without such a list
-- indexing takes 115 µs a row instead of 70.
create index search_document on exporter.search using gin (document) with (gin_pending_list_limit = 512);

-- Its index changes twice in a chunk's life only: counting leaves `indexed` as it is.
alter table exporter.chunks add column indexed boolean not null default false;
create index chunks_unindexed on exporter.chunks (batch_id, chunk_no) where not indexed;

-- What a search finds a result by, as one text; bounded, as a tsvector is. An address counts as a whole and by
-- its parts.
create function exporter.words(r exporter.results) returns text language sql stable parallel safe as $$
    select concat_ws(
        E'\n', left(r.store_name, 1000), left(r.business_contact, 1000), left(r.image_description, 2000),
        left(r.text_content, 20000),
        regexp_replace(left(r.url, 2000), '^[[:alpha:]]+://', ''),
        translate(left(r.url, 2000), ':/.?&=#_-+%', '           ')
    )
$$;
