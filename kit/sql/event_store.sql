CREATE TYPE {schema}.stored_event_uuid AS (
    originator_id uuid, originator_version bigint, topic text, state bytea
);

CREATE TABLE {schema}.{schema}_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);

CREATE UNIQUE INDEX {schema}_events_notification_id_idx ON {schema}.{schema}_events (notification_id ASC);

CREATE FUNCTION {schema}.refuse_rewriting_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event log is append-only: % refused', TG_OP;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.{schema}_events
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_rewriting_history();
