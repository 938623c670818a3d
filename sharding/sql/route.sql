ALTER TABLE {schema}.{schema}_events DISABLE TRIGGER append_only;
TRUNCATE ONLY {schema}.{schema}_events;
ALTER TABLE {schema}.{schema}_events ENABLE TRIGGER append_only;
ALTER TABLE {schema}.{schema}_events
    ADD CONSTRAINT kept_in_logs CHECK (false) NO INHERIT;
ALTER FUNCTION {schema}.append_events(uuid[], bigint[], text[], bytea[])
    RENAME TO append_events_to_one;
