select batch_id, row_no, attempt
from gateway.wanted
join unnest($1::uuid[], $2::bigint[]) as asked (batch_id, row_no) using (batch_id, row_no)
