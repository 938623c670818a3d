CREATE FUNCTION {schema}.append_events(
    streams uuid[], versions bigint[], names text[], bodies bytea[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE positions bigint[];
BEGIN
    LOCK TABLE {schema}.{schema}_events IN EXCLUSIVE MODE;
    NOTIFY {schema}_events;
    WITH appended AS (
        INSERT INTO {schema}.{schema}_events (originator_id, originator_version, topic, state)
        SELECT * FROM unnest(streams, versions, names, bodies)
        RETURNING notification_id
    )
    SELECT array_agg(notification_id ORDER BY notification_id)
    INTO positions FROM appended;
    RETURN positions;
END $$;

CREATE FUNCTION {schema}.record(
    message_ids text[], fingerprints bytea[], message_streams uuid[],
    streams uuid[], versions bigint[], names text[], bodies bytea[],
    effect_ids uuid[], kinds text[], effect_streams uuid[], requests bytea[],
    causes bytea[], finished uuid[], along json
) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {schema}.inbox (message_id, fingerprint, stream_id)
    SELECT * FROM unnest(message_ids, fingerprints, message_streams);
    IF cardinality(finished) > 0 THEN
        UPDATE {schema}.effects SET status = 'done', finished_at = now()
        WHERE effect_id = ANY (finished);
    END IF;
    IF cardinality(effect_ids) > 0 THEN
        INSERT INTO {schema}.effects (effect_id, kind, stream_id, request, cause)
        SELECT * FROM unnest(effect_ids, kinds, effect_streams, requests, causes);
        NOTIFY {schema}_effects;
    END IF;
    IF along IS NOT NULL THEN
        PERFORM {schema}.write_along(along);
    END IF;
    IF cardinality(streams) = 0 THEN
        RETURN NULL;
    END IF;
    RETURN {schema}.append_events(streams, versions, names, bodies);
END $$;
