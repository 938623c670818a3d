"""Creates the topics of `contracts.topics`; the broker makes none by itself.

Idempotent, and it never changes a topic that exists: more partitions would move keys.
"""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from contracts.topics import TOPICS, Topic
from deploy.local.errors import LocalRuntimeError


async def create_topics(bootstrap: str, *, replication_factor: int = 1) -> None:
    """Create the topics that are absent.

    Raises:
        LocalRuntimeError: the broker refused one.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        response = await admin.create_topics(
            [_as_request(topic, replication_factor) for topic in TOPICS]
        )
    finally:
        await admin.close()
    for name, code, *message in response.topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:
            reason = message[0] if message else f"error {code}"
            raise LocalRuntimeError(f"Kafka refused to create the topic {name}: {reason}")


def topic_configuration(topic: Topic) -> dict[str, str]:
    """Return the broker's settings for `topic`."""
    return {
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(topic.message_bytes_max),
        "cleanup.policy": "compact" if topic.compacted else "delete",
    }


def _as_request(topic: Topic, replication_factor: int) -> NewTopic:
    return NewTopic(
        name=topic.name,
        num_partitions=topic.partitions,
        replication_factor=replication_factor,
        topic_configs=topic_configuration(topic),
    )
