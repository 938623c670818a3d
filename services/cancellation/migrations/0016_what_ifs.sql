-- Policies held against the past, and what each would have made of it. No fact is about them; they
-- may go at any time.

CREATE TABLE cancellation.what_ifs (
    what_if_id uuid PRIMARY KEY,
    policy bytea NOT NULL,
    base_version integer NOT NULL,
    since timestamptz NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'RUNNING'
        CHECK (state IN ('RUNNING', 'DONE', 'STOPPED', 'FAILED')),
    checked integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    is_cut boolean NOT NULL DEFAULT false,
    sums bytea,
    moved_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cancellation.what_if_flips (
    what_if_id uuid NOT NULL REFERENCES cancellation.what_ifs ON DELETE CASCADE,
    number integer NOT NULL,
    flip bytea NOT NULL,
    PRIMARY KEY (what_if_id, number)
);
