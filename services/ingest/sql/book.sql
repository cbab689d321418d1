-- A turn's slices in one statement. Only batches whose epoch is still the caller's come back.
with sent as (
    select *
    from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::bigint[], $7::bigint[],
                $8::int[], $9::int[], $10::bigint[])
         as s (batch_id, epoch, first_row, last_row, chunk_no, first_byte, end_byte,
               dispatch, log_partition, log_offset)
),
ends as (
    select batch_id, epoch, max(last_row) + 1 as next_row, max(end_byte) as next_byte
    from sent
    group by batch_id, epoch
),
owned as (
    update ingest.batches i
    set next_row = greatest(i.next_row, e.next_row), next_byte = greatest(i.next_byte, e.next_byte)
    from ends e
    where i.batch_id = e.batch_id and i.owner_epoch = e.epoch and i.closed_at is null
    returning i.batch_id
),
booked as (
    insert into ingest.slices as b (batch_id, first_row, last_row, chunk_no, first_byte, end_byte,
                                    dispatch, log_partition, log_offset)
    select batch_id, first_row, last_row, chunk_no, first_byte, end_byte, dispatch, log_partition, log_offset
    from sent
    join owned using (batch_id)
    on conflict (batch_id, first_row) do update
    set dispatch = excluded.dispatch, log_partition = excluded.log_partition, log_offset = excluded.log_offset,
        dispatched_at = now(), finished_at = null, released_at = null, worker = null
)
select batch_id from owned
