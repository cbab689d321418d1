insert into gateway.exports_made as made (day, format, exports, bytes)
values ((now() at time zone 'UTC')::date, $1, 1, $2)
on conflict (day, format) do update set exports = made.exports + 1, bytes = made.bytes + excluded.bytes
