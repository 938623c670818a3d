-- Written with the facts they belong to: what was sent to whom, and how it ended.
CREATE TABLE webhooks.deliveries (
    delivery_id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL,
    message_id text NOT NULL,
    order_id text,
    type text NOT NULL,
    round integer NOT NULL,
    effect_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('PENDING', 'SUCCEEDED', 'FAILED')),
    status integer,
    code text,
    detail text,
    requested_at timestamptz NOT NULL,
    ended_at timestamptz,
    UNIQUE (endpoint_id, message_id)
);

CREATE INDEX deliveries_newest ON webhooks.deliveries (requested_at DESC, delivery_id);
CREATE INDEX deliveries_order ON webhooks.deliveries (order_id);
CREATE INDEX deliveries_not_well ON webhooks.deliveries (outcome) WHERE outcome <> 'SUCCEEDED';

-- Not facts: a key has to be able to go.
CREATE TABLE webhooks.signing_keys (
    key_id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL,
    key text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    valid_until timestamptz
);

CREATE INDEX signing_keys_endpoint ON webhooks.signing_keys (endpoint_id);

-- How receivers do; what came of it is a fact.
CREATE TABLE webhooks.receivers (
    endpoint_id uuid PRIMARY KEY,
    failing_since timestamptz,
    failed_at timestamptz,
    last_error text
);

CREATE FUNCTION webhooks.write_along(rows json) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO webhooks.deliveries AS d
        (delivery_id, endpoint_id, message_id, order_id, type, round, effect_id, outcome,
        requested_at)
    SELECT delivery_id, endpoint_id, message_id, order_id, type, round, effect_id, outcome, at
    FROM json_to_recordset(rows) AS r(
        delivery_id uuid, endpoint_id uuid, message_id text, order_id text, type text,
        round integer, effect_id uuid, outcome text, at timestamptz)
    WHERE outcome = 'PENDING'
    ON CONFLICT (delivery_id) DO UPDATE SET
        round = excluded.round, effect_id = excluded.effect_id, outcome = excluded.outcome,
        requested_at = excluded.requested_at, status = NULL, code = NULL, detail = NULL,
        ended_at = NULL;
    UPDATE webhooks.deliveries AS d SET
        outcome = r.outcome, status = r.status, code = r.code, detail = r.detail, ended_at = r.at
    FROM json_to_recordset(rows) AS r(
        delivery_id uuid, round integer, outcome text, status integer, code text, detail text,
        at timestamptz)
    WHERE r.outcome <> 'PENDING' AND d.delivery_id = r.delivery_id AND d.round = r.round;
$$;
