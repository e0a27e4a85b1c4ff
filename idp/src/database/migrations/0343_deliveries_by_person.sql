-- What became of one person's sign-outs, system by system.
create index outbox_person on outbox ((payload->>'sub'), id desc) where payload ? 'sub';
