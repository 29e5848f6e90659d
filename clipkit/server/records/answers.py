"""What was answered to requests that may come twice."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from clipkit.server.records.inserting import insert_new
from clipkit.server.records.tables import answers


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer that was given already."""

    asked: str
    """A digest of what was asked."""

    body: str


def claim_answer(
    connection: Connection, team_id: str, key: str, asked: str, now_ms: int
) -> GivenAnswer | None:
    """Return what was answered to a key; None where this request is the first, and answers it.

    Another one with the same key waits until the transaction ends.
    """
    is_first = insert_new(
        connection, answers, team_id=team_id, key=key, asked=asked, body="", created_at_ms=now_ms
    )
    if is_first:
        return None
    found = connection.execute(
        select(answers.c.asked, answers.c.body).where(
            answers.c.team_id == team_id, answers.c.key == key
        )
    ).one()
    return GivenAnswer(*found)


def keep_answer(connection: Connection, team_id: str, key: str, body: str) -> None:
    """Keep the answer to a key that was claimed."""
    connection.execute(
        update(answers).where(answers.c.team_id == team_id, answers.c.key == key).values(body=body)
    )


def forget_answers(connection: Connection, before_ms: int) -> int:
    """Forget answers that are older; return how many."""
    return connection.execute(delete(answers).where(answers.c.created_at_ms < before_ms)).rowcount
