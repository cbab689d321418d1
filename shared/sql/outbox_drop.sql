delete from lifecycle.outbox where id = any($1::bigint[])
