select batch_id, version, desired from gateway.batches where batch_id = any($1::uuid[])
