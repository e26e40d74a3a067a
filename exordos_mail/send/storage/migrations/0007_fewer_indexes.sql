-- Every call wrote it, and SQLite used it for no query: a list of commands is in the
-- order of ids, with the tenant as a filter.
DROP INDEX commands_of_tenant;
