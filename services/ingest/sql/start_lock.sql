-- One member starts batches at a time, or two would each fill the last place.
select pg_advisory_xact_lock(7264981338)
