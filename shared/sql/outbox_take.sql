-- Not by id > last: an older id may commit later than a newer one (rule 11).
select id, topic, key, headers::text as headers, body
from lifecycle.outbox
order by id
limit $1
for update skip locked
