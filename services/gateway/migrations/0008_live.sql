-- What changed lately, for the live events of all batches.
create index transitions_lately on gateway.transitions (at);
