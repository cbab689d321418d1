-- How many rows are indexed, as of the last analysis.
select greatest(reltuples, 0)::bigint from pg_class where oid = 'exporter.search'::regclass
