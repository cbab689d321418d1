delete from gateway.wanted where batch_id = $1 and row_no between $2 and $3
