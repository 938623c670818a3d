"""A Kafka that asks who comes in: certificates, and the rights of `deploy/kubernetes`.

The broker of the local runtime with a second door. Through the first, in the clear, comes only who
sets it up.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import trustme
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.local import kafka
from deploy.local.ports import free_ports
from deploy.local.topics import create_topics
from kit.settings import KitSettings
from tests.support.manifests import Manifest

OWN = "listeners=PLAINTEXT://127.0.0.1:{port},"
TOLD = "advertised.listeners=PLAINTEXT://127.0.0.1:{port}"
PROTOCOLS = "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL"
GUARD = """\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={trusted}
ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/,DEFAULT
"""
RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactionalId": 5}
OPERATIONS = {"Read": 3, "Write": 4, "Delete": 6, "Describe": 8}
PATTERNS = {"literal": 3, "prefix": 4}
ALLOW, ANY_HOST = 3, "*"
"""Numbers of Kafka's protocol."""


@dataclass(frozen=True, slots=True)
class GuardedKafka:
    """A running broker that lets in whom it knows."""

    ca: trustme.CA
    directory: Path
    tls_bootstrap: str

    def settings(self, user: str, *, ca: trustme.CA | None = None) -> KitSettings:
        """Return what a process of `user` is told; `ca` signs who it is, another one's if given."""
        folder = self.directory / f"{user}-{'own' if ca is None else 'strange'}"
        folder.mkdir(exist_ok=True)
        certificate = (ca or self.ca).issue_cert(f"{user}.example", common_name=user)
        self.ca.cert_pem.write_to_path(folder / "ca.crt")
        certificate.private_key_pem.write_to_path(folder / "user.key")
        certificate.cert_chain_pems[0].write_to_path(folder / "user.crt")
        return KitSettings(
            postgres_dsn="", kafka_bootstrap=self.tls_bootstrap, kafka_tls_dir=folder
        )


@asynccontextmanager
async def guarded_kafka(directory: Path, users: Sequence[Manifest]) -> AsyncIterator[GuardedKafka]:
    """Run a broker with all topics, and with the rights these KafkaUsers name."""
    port, controller_port, tls_port = free_ports(3)
    ca = trustme.CA()
    keys, trusted = directory / "broker.pem", directory / "ca.crt"
    broker = ca.issue_cert("127.0.0.1", common_name="broker")
    keys.write_bytes(_pkcs8(broker) + broker.cert_chain_pems[0].bytes())
    ca.cert_pem.write_to_path(trusted)
    door = f"SSL://127.0.0.1:{tls_port}"
    lines = kafka.SETTINGS.replace(OWN, f"{OWN}{door},").replace(TOLD, f"{TOLD},{door}")
    lines = "\n".join(
        PROTOCOLS if line.startswith("listener.security") else line for line in lines.splitlines()
    )
    server = kafka.KafkaServer(directory / "kafka", port, controller_port)
    with patch.object(kafka, "SETTINGS", f"{lines}\n{GUARD.format(keys=keys, trusted=trusted)}"):
        server.start()
    try:
        await server.wait_until_ready()
        await create_topics(server.bootstrap)
        await _allow(server.bootstrap, users)
        yield GuardedKafka(ca, directory, f"127.0.0.1:{tls_port}")
    finally:
        await asyncio.to_thread(server.kill)


def _pkcs8(certificate: trustme.LeafCert) -> bytes:
    """Return the private key in the only form Java reads."""
    key = load_pem_private_key(certificate.private_key_pem.bytes(), password=None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


async def _allow(bootstrap: str, users: Sequence[Manifest]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for user in users:
            principal = f"User:{user['metadata']['name']}"
            for acl in user["spec"]["authorization"]["acls"]:
                resource = acl["resource"]
                for word in acl["operations"]:
                    request = CreateAclsRequest(
                        RESOURCES[resource["type"]], resource["name"],
                        PATTERNS[resource["patternType"]], principal, ANY_HOST, OPERATIONS[word],
                        ALLOW,
                    )  # fmt: skip
                    answer: Any = await admin._send_request(request)
                    assert all(code == 0 for code, *_ in answer.creation_responses), answer
    finally:
        await admin.close()
