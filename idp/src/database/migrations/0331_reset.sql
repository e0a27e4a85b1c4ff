-- Whoever forgot the password may remember the mail address only.
create index person_email on person (lower(email));
