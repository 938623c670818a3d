"""The history of orders is the log itself, seen as far as the read models have come.

It was a copy of it. A projector of before, still at work during a rollout, writes that copy yet:
what it writes is in the log, so the view takes it and keeps nothing.
"""

from yoyo import step

HISTORY = """CREATE VIEW cancellation.order_history AS
    SELECT e.originator_id AS stream_id, e.originator_version AS version,
        e.notification_id AS position, e.topic AS name,
        (stored.body #>> '{cause,recorded_at}')::timestamptz AS recorded_at,
        stored.body #>> '{cause,message_id}' AS message_id,
        stored.body #>> '{cause,correlation_id}' AS correlation_id,
        stored.body -> 'fact' AS fact
    FROM cancellation.cancellation_events e
    CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::json AS body) AS stored
    WHERE e.notification_id <= (
        SELECT c.position FROM cancellation.projection_cursors c WHERE c.projection = 'orders'
    )"""

NOTHING_TO_KEEP = """CREATE FUNCTION cancellation.is_in_the_log() RETURNS trigger
    LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"""

steps = [
    step("DROP TABLE cancellation.order_history"),
    step(HISTORY),
    step(NOTHING_TO_KEEP),
    step(
        "CREATE TRIGGER is_in_the_log INSTEAD OF INSERT ON cancellation.order_history"
        " FOR EACH ROW EXECUTE FUNCTION cancellation.is_in_the_log()"
    ),
]
