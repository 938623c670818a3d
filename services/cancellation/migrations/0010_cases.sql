-- What needs a person, as a read model.
CREATE TABLE cancellation.cases (
    case_id uuid PRIMARY KEY,
    stream_id uuid NOT NULL,
    order_id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    role text NOT NULL,
    owner text,
    level integer NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    closed_at timestamptz,
    resolution text,
    currency text NOT NULL,
    stake_minor bigint,
    payment_id text,
    cancellation_id uuid,
    note_count integer NOT NULL,
    detail text NOT NULL,
    lines json NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX cases_stream_idx ON cancellation.cases (stream_id);
CREATE INDEX cases_opened_idx ON cancellation.cases (opened_at, case_id);
CREATE INDEX cases_waiting_idx ON cancellation.cases (opened_at, case_id)
    WHERE state = 'OPEN';

ALTER TABLE cancellation.timers DROP CONSTRAINT timers_kind_check;
ALTER TABLE cancellation.timers
    ADD CONSTRAINT timers_kind_check CHECK (kind IN ('HOLD', 'REQUEST', 'PAYMENT', 'CASE'));
