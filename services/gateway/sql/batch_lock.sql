-- Changes of one batch happen one after the other; its end may still come at any time (shared/ends.py).
-- Not FOR UPDATE: that would wait for the exporter, which holds key share locks while it stores results.
select desired, version from gateway.batches where batch_id = $1 for no key update
