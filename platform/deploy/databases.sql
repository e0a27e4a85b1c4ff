-- idp and gateway share no table; each has a database of its own.
create database idp;
create database gateway;
