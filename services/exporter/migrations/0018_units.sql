-- What the provider charged for, beside the money: features of pictures, or tokens.
alter table exporter.results add column units int not null default 0;
alter table exporter.chunks add column units bigint not null default 0;
