CREATE TABLE cancellation.timers (
    timer_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('HOLD', 'REQUEST', 'PAYMENT')),
    order_id text NOT NULL,
    moment timestamptz NOT NULL,
    follows_policy boolean NOT NULL,
    known_at timestamptz NOT NULL,
    correlation_id text NOT NULL,
    armed integer NOT NULL DEFAULT 1,
    outcome text,
    policy_version integer,
    ended_at timestamptz
) WITH (fillfactor = 80);

CREATE INDEX timers_waiting_idx ON cancellation.timers (follows_policy, moment)
    WHERE outcome IS NULL;

-- How far placements were looked through for orders whose time to pay the policy sets.
CREATE TABLE cancellation.timer_cursor (
    position bigint NOT NULL
);
INSERT INTO cancellation.timer_cursor VALUES (0);

CREATE TABLE cancellation.bulk_plans (
    plan_id text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('RUNNING', 'PAUSED', 'CANCELLED', 'COMPLETED')),
    wish json NOT NULL,
    selection json,
    started_by json NOT NULL,
    order_count integer NOT NULL,
    digest text NOT NULL,
    orders_per_s integer NOT NULL,
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE INDEX bulk_plans_running_idx ON cancellation.bulk_plans (started_at)
    WHERE state = 'RUNNING';

CREATE TABLE cancellation.plan_items (
    plan_id text NOT NULL,
    number integer NOT NULL,
    order_id text NOT NULL,
    lines json,
    outcome text CHECK (outcome IN ('CANCELLED', 'REQUESTED', 'REFUSED', 'SET_ASIDE')),
    codes text[],
    currency text,
    refund_minor bigint,
    units bigint,
    is_told boolean,
    handled_at timestamptz,
    PRIMARY KEY (plan_id, number),
    UNIQUE (plan_id, order_id)
) WITH (fillfactor = 70);

CREATE INDEX plan_items_waiting_idx ON cancellation.plan_items (plan_id, number)
    WHERE outcome IS NULL;
