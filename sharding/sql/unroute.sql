ALTER TABLE ONLY {schema}.{schema}_events DROP CONSTRAINT kept_in_logs;
DROP FUNCTION {schema}.append_events(uuid[], bigint[], text[], bytea[]);
DROP FUNCTION {schema}.horizon();
ALTER FUNCTION {schema}.append_events_to_one(uuid[], bigint[], text[], bytea[])
    RENAME TO append_events;
