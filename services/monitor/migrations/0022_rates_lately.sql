-- The last minutes of all batches, and the end of what is older than a day.
create index rates_lately on monitor.rates (bucket);
