-- In micro-dollars. The most that a batch may cost; null: no limit.
alter table gateway.batches add column max_cost bigint check (max_cost > 0);

-- One row: what an image that is not analysed yet is expected to cost, by the gateway's settings. Ingest reckons
-- with it.
create table gateway.price (
    one boolean primary key default true check (one),
    image bigint not null
);
