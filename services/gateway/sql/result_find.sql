-- A result's id begins with its batch's first 96 bits: the few batches that share them lie beside each other.
select r.batch_id, r.row_no, r.success
from gateway.batches as b
join exporter.results as r on r.batch_id = b.batch_id and r.row_no = $3
where b.batch_id between $1 and $2 and b.desired <> 'deleted'
limit 1
