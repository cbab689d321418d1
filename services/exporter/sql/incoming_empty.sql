-- For a second store in the same transaction: a poll that was halved.
truncate pg_temp.incoming
