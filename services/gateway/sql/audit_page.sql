-- From the newest on, before the id $1 where one is given.
select id, at, actor, key_id, role, address, request_id, action, batch_id, outcome, details::text as details
from gateway.audit
where ($1::bigint is null or id < $1)
  and ($2::text is null or action = $2)
  and ($3::uuid is null or batch_id = $3)
  and ($4::uuid is null or key_id = $4)
order by id desc
limit $5
