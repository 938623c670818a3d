"""The timer of a case is set anew by each escalation; everything else is written as before."""

from yoyo import step

WRITE_ALONG = """CREATE OR REPLACE FUNCTION cancellation.write_along(rows json) RETURNS void
    LANGUAGE plpgsql AS $$
    DECLARE which text;
    BEGIN
        FOR which IN SELECT DISTINCT r ->> 'row' FROM json_array_elements(rows) r LOOP
            CASE which
            WHEN 'timer_set' THEN
                INSERT INTO cancellation.timers AS timers
                    (timer_id, kind, order_id, moment, follows_policy, known_at, correlation_id)
                SELECT timer_id, r.kind, order_id, moment, false, known_at, correlation_id
                FROM json_to_recordset(rows) AS r("row" text, timer_id uuid, kind text,
                    order_id text, moment timestamptz, known_at timestamptz, correlation_id text)
                WHERE "row" = 'timer_set'
                ON CONFLICT (timer_id) DO UPDATE
                SET moment = excluded.moment, armed = timers.armed + 1, outcome = NULL,
                    ended_at = NULL
                WHERE timers.kind = 'CASE';
            WHEN 'timer_armed' THEN
                UPDATE cancellation.timers t
                SET armed = t.armed + 1, outcome = NULL, ended_at = NULL
                FROM json_to_recordset(rows) AS r("row" text, timer_id uuid)
                WHERE "row" = 'timer_armed' AND t.timer_id = r.timer_id;
            WHEN 'timer_ended' THEN
                UPDATE cancellation.timers t
                SET outcome = r.outcome, policy_version = r.policy_version, ended_at = r.at
                FROM json_to_recordset(rows) AS r("row" text, timer_id uuid, armed integer,
                    order_id text, outcome text, policy_version integer, at timestamptz)
                WHERE "row" = 'timer_ended' AND t.timer_id = r.timer_id AND t.armed = r.armed
                    AND t.order_id = r.order_id AND t.outcome IS NULL;
            WHEN 'plan_started' THEN
                INSERT INTO cancellation.bulk_plans (plan_id, state, wish, selection, started_by,
                    order_count, digest, orders_per_s, started_at, changed_at)
                SELECT plan_id, 'RUNNING', wish::json, selection::json, started_by::json,
                    order_count, digest, orders_per_s, at, at
                FROM json_to_recordset(rows) AS r("row" text, plan_id text, wish text,
                    selection text, started_by text, order_count integer, digest text,
                    orders_per_s integer, at timestamptz)
                WHERE "row" = 'plan_started';
            WHEN 'plan_changed' THEN
                UPDATE cancellation.bulk_plans p
                SET state = r.state, orders_per_s = coalesce(r.orders_per_s, p.orders_per_s),
                    changed_at = r.at
                FROM json_to_recordset(rows) AS r("row" text, plan_id text, state text,
                    orders_per_s integer, at timestamptz)
                WHERE "row" = 'plan_changed' AND p.plan_id = r.plan_id;
            WHEN 'item_chosen' THEN
                INSERT INTO cancellation.plan_items (plan_id, number, order_id, lines)
                SELECT plan_id, number, order_id, lines
                FROM json_to_recordset(rows) AS r("row" text, plan_id text, number integer,
                    order_id text, lines json)
                WHERE "row" = 'item_chosen';
            WHEN 'item_handled' THEN
                UPDATE cancellation.plan_items i
                SET outcome = r.outcome, codes = r.codes, currency = r.currency,
                    refund_minor = r.refund_minor, units = r.units, is_told = r.is_told,
                    handled_at = r.at
                FROM json_to_recordset(rows) AS r("row" text, plan_id text, order_id text,
                    outcome text, codes text[], currency text, refund_minor bigint,
                    units bigint, is_told boolean, at timestamptz)
                WHERE "row" = 'item_handled' AND i.plan_id = r.plan_id
                    AND i.order_id = r.order_id AND i.outcome IS NULL;
            END CASE;
        END LOOP;
    END $$"""

steps = [step(WRITE_ALONG)]
