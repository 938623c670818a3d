CREATE OR REPLACE FUNCTION {schema}.append_events(
    streams uuid[], versions bigint[], names text[], bodies bytea[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    homes integer[] := ARRAY(
        SELECT get_byte(uuid_send(stream), 15) % {count}
        FROM unnest(streams) WITH ORDINALITY AS given (stream, place) ORDER BY place
    );
    home integer;
    log text;
    places integer[];
    added bigint[];
    positions bigint[] := array_fill(0::bigint, ARRAY[cardinality(streams)]);
BEGIN
    NOTIFY {schema}_events;
    -- In sequence, so that two who need several logs wait for each other and never in a circle.
    FOR home IN SELECT DISTINCT unnest(homes) ORDER BY 1 LOOP
        log := '{schema}_' || home || '_of_{count}';
        EXECUTE format('LOCK TABLE %1$I.%2$I IN EXCLUSIVE MODE', log, log || '_events');
        PERFORM pg_notify(log || '_events', '');
        EXECUTE format(
            'WITH given AS (
                SELECT * FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY
                AS given (stream, version, name, body, home, place) WHERE home = $6
            ), appended AS (
                INSERT INTO %1$I.%2$I (originator_id, originator_version, topic, state)
                SELECT stream, version, name, body FROM given ORDER BY place
                RETURNING notification_id
            )
            SELECT array_agg(notification_id ORDER BY notification_id),
                (SELECT array_agg(place::integer ORDER BY place) FROM given)
            FROM appended', log, log || '_events'
        ) INTO added, places USING streams, versions, names, bodies, homes, home;
        FOR number IN 1 .. cardinality(added) LOOP
            positions[places[number]] := added[number];
        END LOOP;
    END LOOP;
    RETURN positions;
END $$;

CREATE OR REPLACE FUNCTION {schema}.horizon() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    newest bigint;
    log text;
BEGIN
    SELECT last_value INTO newest FROM {schema}.{schema}_events_notification_id_seq;
    -- Whoever was given a position up to then held a log's lock; once we could have had it, they
    -- have committed. What is undone gives the lock back at once.
    FOR home IN 0 .. {count} - 1 LOOP
        BEGIN
            log := '{schema}_' || home || '_of_{count}';
            EXECUTE format('LOCK TABLE %1$I.%2$I IN ROW SHARE MODE', log, log || '_events');
            RAISE EXCEPTION USING ERRCODE = 'CMSHD';
        EXCEPTION WHEN SQLSTATE 'CMSHD' THEN NULL;
        END;
    END LOOP;
    RETURN newest;
END $$;
