-- A result's id begins with its batch's first 96 bits: the few batches that share them lie beside each other.
select r.batch_id, r.row_no, r.success
from exporter.results r
join gateway.batches b using (batch_id)
where r.batch_id between $1 and $2 and r.row_no = $3 and b.desired <> 'deleted'
limit 1
