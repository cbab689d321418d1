-- What begins with a letter or a digit is looked at no further, and only what begins with a sign by two patterns:
-- each takes as long as writing three cells. The rule is the same as before.
create or replace function exporter.cell(value text) returns text language sql immutable parallel safe as $$
    select case
        when ascii(value) between 65 and 122 or ascii(value) between 48 and 57 then value
        when ascii(value) in (43, 45) and value ~ '^[-+]([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$' then value
        when value ~ '^[\u0001-\u0020\u007f-\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*[-=+@\t\r]'
            then '''' || value
        else value
    end
$$;
