-- For Postgres' own estimate of how many rows hold the words.
explain (format json) select from exporter.search where document @@ websearch_to_tsquery('simple', $1)
