CREATE SCHEMA {log};

CREATE TABLE {log}.{log}_events (
    LIKE {schema}.{schema}_events INCLUDING DEFAULTS INCLUDING INDEXES,
    CONSTRAINT at_home CHECK (get_byte(uuid_send(originator_id), 15) % {count} = {shard})
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);

INSERT INTO {log}.{log}_events (originator_id, originator_version, topic, state, notification_id)
SELECT originator_id, originator_version, topic, state, notification_id
FROM {schema}.{schema}_events
WHERE get_byte(uuid_send(originator_id), 15) % {count} = {shard}
ORDER BY notification_id;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {log}.{log}_events
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_rewriting_history();
