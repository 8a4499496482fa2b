-- Leaves and the digests they cover are only ever added.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end $$;
create trigger log_leaf_append_only before update or delete on log_leaf for each row execute function refuse_change();
create trigger log_leaf_no_truncate before truncate on log_leaf for each statement execute function refuse_change();
create trigger log_row_append_only before update or delete on log_row for each row execute function refuse_change();
create trigger log_row_no_truncate before truncate on log_row for each statement execute function refuse_change();
