INSERT INTO {schema}.{schema}_events
    (originator_id, originator_version, topic, state, notification_id)
SELECT originator_id, originator_version, topic, state, notification_id
FROM {schema}.{schema}_events ORDER BY notification_id;
