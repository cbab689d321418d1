-- No row comes back when the batch's run has ended already: the first wins.
insert into lifecycle.terminal (batch_id, run, kind, reason, successful, failed)
values ($1, $2, $3, $4, $5, $6)
on conflict (batch_id, run) do nothing
returning at
