"""The AsyncAPI 3.0.0 document: every topic, every message, and which service sends or receives it.

Only our own services have operations; whoever else writes or reads a topic is named in the
channel's description. Source: asyncapi.com/docs/reference/specification/v3.0.0 and the Kafka
bindings 0.5.0.
"""

from pathlib import Path
from tomllib import loads
from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.message import Command
from contracts.topics import RELAY_POSITIONS, TOPICS, Topic
from contracts.values import Identifier
from countermand.contracts_headers import accepted_headers, written_headers
from countermand.contracts_schemas import (
    MESSAGES,
    SERVICES,
    Schema,
    TravellingMessage,
    UntitledJsonSchema,
)
from kit.roles import ServiceSpec
