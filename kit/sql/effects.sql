CREATE TABLE {schema}.effects (
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
) WITH (fillfactor = 70);

CREATE INDEX effects_open_idx ON {schema}.effects (due_at)
WHERE status <> 'done';
