CREATE TABLE {schema}.projection_cursors (
    projection text PRIMARY KEY,
    position bigint NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT now()
);
