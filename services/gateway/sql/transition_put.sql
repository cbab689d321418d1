insert into gateway.transitions (batch_id, version, run, desired) values ($1, $2, $3, $4)
