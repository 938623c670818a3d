"""The tables every service has, as SQL for its migrations.

The events table is the library's own layout (eventsourcing 9.5.6, `PostgresApplicationRecorder`),
so the library reads and appends beside us. Shared here once; each service's migrations call it.
"""


def event_store(schema: str) -> list[str]:
    """Return the events table, its log index, and the guard that makes it append-only."""
    table = f"{schema}.{schema}_events"
    return [
        # The library hands its rows over as an array of this type.
        f"""CREATE TYPE {schema}.stored_event_uuid AS (
            originator_id uuid, originator_version bigint, topic text, state bytea
        )""",
        f"""CREATE TABLE {table} (
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
        )""",
        f"CREATE UNIQUE INDEX {schema}_events_notification_id_idx ON {table} (notification_id ASC)",
        f"""CREATE FUNCTION {schema}.refuse_rewriting_history() RETURNS trigger
            LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the event log is append-only: % refused', TG_OP;
            END $$""",
        f"""CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_rewriting_history()""",
    ]


def inbox(schema: str) -> list[str]:
    """Return the inbox (what was handled, exactly) and the dead letters (what could not be)."""
    return [
        f"""CREATE TABLE {schema}.inbox (
            message_id text PRIMARY KEY,
            fingerprint bytea NOT NULL,
            stream_id uuid NOT NULL,
            handled_at timestamptz NOT NULL DEFAULT now()
        )""",
        f"""CREATE TABLE {schema}.dead_letters (
            dead_letter_id bigserial PRIMARY KEY,
            topic text NOT NULL,
            partition integer NOT NULL,
            "offset" bigint NOT NULL,
            message_id text,
            message_type text,
            code text NOT NULL,
            detail text NOT NULL,
            key bytea,
            value bytea,
            headers bytea NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            UNIQUE (topic, partition, "offset")
        )""",
        f"CREATE INDEX dead_letters_message_id_idx ON {schema}.dead_letters (message_id)",
    ]


def effects(schema: str) -> list[str]:
    """Return the effects table: one row per call to the outside world."""
    return [
        f"""CREATE TABLE {schema}.effects (
            effect_id uuid PRIMARY KEY,
            kind text NOT NULL,
            stream_id uuid NOT NULL,
            request bytea NOT NULL,
            cause bytea NOT NULL,
            status text NOT NULL DEFAULT 'due'
                CHECK (status IN ('due', 'running', 'done')),
            attempts integer NOT NULL DEFAULT 0,
            due_at timestamptz NOT NULL DEFAULT now(),
            lease_token uuid,
            lease_until timestamptz,
            last_error text,
            created_at timestamptz NOT NULL DEFAULT now(),
            finished_at timestamptz
        ) WITH (fillfactor = 70)""",
        f"""CREATE INDEX effects_open_idx ON {schema}.effects (due_at)
            WHERE status <> 'done'""",
    ]


def projection_cursors(schema: str) -> list[str]:
    """Return the cursors: how far each projection has followed the log."""
    return [
        f"""CREATE TABLE {schema}.projection_cursors (
            projection text PRIMARY KEY,
            position bigint NOT NULL,
            moved_at timestamptz NOT NULL DEFAULT now()
        )""",
    ]
