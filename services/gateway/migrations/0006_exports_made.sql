-- The downloads that were completed, by UTC day and format: a few rows a day, however many there are.
create table gateway.exports_made (
    day date not null,
    format text not null,
    exports bigint not null,
    bytes bigint not null,
    primary key (day, format)
);
