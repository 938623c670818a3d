ALTER TABLE {schema}.projection_cursors
    ADD COLUMN version integer NOT NULL DEFAULT 1;

CREATE TABLE {schema}.projection_rebuilds (
    rebuild_id bigserial PRIMARY KEY,
    projection text NOT NULL,
    version integer NOT NULL,
    stream_id uuid,
    position bigint NOT NULL,
    facts bigint NOT NULL,
    digests json NOT NULL,
    differences json NOT NULL,
    who text NOT NULL CHECK (who <> ''),
    why text NOT NULL CHECK (why <> ''),
    began_at timestamptz NOT NULL,
    swapped_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
