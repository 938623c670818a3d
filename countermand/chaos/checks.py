"""The campaign's own checks, beside `countermand.verify`: they know what was sent and acknowledged.

`verify` compares books with books and cannot miss a command that reached none of them.
"""

import asyncio

import httpx2

from countermand.chaos.answer_log import AnswerLog
from countermand.chaos.journal import Journal, essence
from countermand.verify.mismatch import Mismatch

CONCURRENCY_MAX = 16


def check_answers(journal: Journal, log: AnswerLog) -> list[Mismatch]:
    """Name acknowledged commands without an answer and answers without a command (I1)."""
    found = [
        Mismatch("lost", f"command {id_} has no answer")
        for id_ in sorted(journal.acknowledged - log.answers.keys())
    ]
    found += [
        Mismatch("lost", f"command {id_} was never acknowledged, though asked again and again")
        for id_ in sorted(journal.sent.keys() - journal.acknowledged)
    ]
    found += [
        Mismatch("foreign", f"command {id_} was answered and never sent")
        for id_ in sorted(log.answers.keys() - journal.sent.keys())
    ]
    found += [Mismatch("wrong", text) for text in journal.strange]
    return found


async def check_http_answers(api_url: str, journal: Journal) -> list[Mismatch]:
    """Name commands whose HTTP answers, given at any time, differ from each other or from now."""
    limit = asyncio.Semaphore(CONCURRENCY_MAX)
    async with httpx2.AsyncClient(base_url=api_url, trust_env=False, timeout=30) as client:

        async def ask(command_id: str) -> list[Mismatch]:
            async with limit:
                response = await client.get(f"/v1/commands/{command_id}")
            now = essence(response.json())
            return [
                Mismatch("wrong", f"command {command_id} was answered {given}, now it is {now}")
                for given in journal.answers[command_id]
                if given != now
            ][:1]

        found = await asyncio.gather(*(ask(command_id) for command_id in journal.answers))
    return [mismatch for some in found for mismatch in some]
