-- What ended lately, for the live events of all batches.
create index terminal_lately on lifecycle.terminal (at);
