-- No query uses it: every list of commands is by id, the tenant only a filter.
DROP INDEX commands_of_tenant;
