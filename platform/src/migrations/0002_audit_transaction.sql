-- The sealing worker asks for what was written since a transaction, every second, however long the log is.
create index audit_entry_xid on audit_entry (xid);
