-- The results in sixteen parts by batch: a batch lies in one of them, so its purge leaves work for the vacuum of a
-- sixteenth. Nothing is made or dropped at run time. The figures: docs/adr/0008-sixteen-parts.md.
alter table exporter.results rename to results_whole;
alter index exporter.results_pkey rename to results_whole_pkey;

create table exporter.results (
    like exporter.results_whole including defaults,
    primary key (batch_id, row_no)
) partition by hash (batch_id);

-- A row is written once and rarely again: frozen by the first vacuum, its page is not read by later ones.
-- `toast_tuple_target` as before (0007).
do $$
begin
    for part in 0..15 loop
        execute format(
            'create table exporter.results_%s partition of exporter.results'
            ' for values with (modulus 16, remainder %s)'
            ' with (toast_tuple_target = 4080, autovacuum_freeze_min_age = 0)',
            part, part
        );
    end loop;
end $$;

insert into exporter.results select * from exporter.results_whole;

-- It names the type of the table's rows.
drop function exporter.words(exporter.results_whole);
drop table exporter.results_whole;
create function exporter.words(r exporter.results) returns text language sql stable parallel safe as $$
    select concat_ws(
        E'\n', left(r.store_name, 1000), left(r.business_contact, 1000), left(r.image_description, 2000),
        left(r.text_content, 20000),
        regexp_replace(left(r.url, 2000), '^[[:alpha:]]+://', ''),
        translate(left(r.url, 2000), ':/.?&=#_-+%', '           ')
    )
$$;
