-- Leaves and the digests they cover are only ever added.
create trigger log_leaf_no_update before update on log_leaf begin select raise(abort, 'log_leaf is append-only'); end;
create trigger log_leaf_no_delete before delete on log_leaf begin select raise(abort, 'log_leaf is append-only'); end;
create trigger log_row_no_update before update on log_row begin select raise(abort, 'log_row is append-only'); end;
create trigger log_row_no_delete before delete on log_row begin select raise(abort, 'log_row is append-only'); end;
