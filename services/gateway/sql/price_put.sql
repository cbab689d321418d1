insert into gateway.price (image) values ($1) on conflict (one) do update set image = excluded.image
