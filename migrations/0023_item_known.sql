-- What an agency sends is compared with what it has of others: whose the like of it is, without
-- reading each.
drop index item_fingerprint;
create index item_known on item (fingerprint, owner, id);
