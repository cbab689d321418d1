-- Changes of one batch happen one after the other; its end may still come at any time (shared/ends.py).
select batch_id from gateway.batches where batch_id = $1 for update
