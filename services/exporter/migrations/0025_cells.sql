-- Most cells begin with a letter: to look at that first costs nothing, the two patterns took as long as the
-- whole copy. Blanks are also Unicode's, marks of direction and what has no width: spreadsheets skip them.
create or replace function exporter.cell(value text) returns text language sql immutable parallel safe as $$
    select case
        when ascii(value) between 65 and 122 then value
        when
            value ~ '^[\u0001-\u0020\u007f-\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*[-=+@\t\r]'
            and value !~ '^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$'
            then '''' || value
        else value
    end
$$;

-- Of a text that a cell of a workbook can't hold as it is: without control characters, line ends as one line
-- feed each, no `_x000D_` that Excel would decode, at most 32,767 UTF-16 units. `mark` ends what was cut. Whoever
-- calls it escapes.
create function exporter.sheet_text(value text, mark text) returns text language plpgsql immutable parallel safe as $$
declare
    most int := 32767;
    above constant text := '[^\U00010000-\U0010ffff]';
    kept text := regexp_replace(
        regexp_replace(value, '\r\n?', e'\n', 'g'), '[\u0001-\u0008\u000b-\u001f\u007f\ufffe\uffff]', '', 'g');
begin
    -- A character above U+FFFF is two units.
    if octet_length(kept) > most and char_length(kept) + char_length(regexp_replace(kept, above, '', 'g')) > most then
        most := most - char_length(mark);
        kept := left(kept, most);
        kept := left(kept, most - char_length(regexp_replace(kept, above, '', 'g'))) || mark;
    end if;
    return regexp_replace(kept, '_(x[[:xdigit:]]{4}_)', '_x005F_\1', 'g');
end
$$;
