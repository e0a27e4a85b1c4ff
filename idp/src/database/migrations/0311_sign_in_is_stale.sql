-- Ends a statement that would sign somebody in by what counts no more: nothing of it is written, and the caller knows why.
create function sign_in_is_stale() returns boolean language plpgsql cost 1 as $$
begin
  raise exception 'the account has changed since it was looked at' using errcode = 'AT001';
end $$;
