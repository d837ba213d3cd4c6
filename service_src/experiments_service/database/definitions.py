"""Everything that is evaluated, as of one revision."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experiments_service.database.models import AuditHead, Definition
from experiments_service.documents import experiment_of, flag_of, holdout_of, saved_group_of
from kindred.experiments.definitions import Definitions


async def load_definitions(session: AsyncSession) -> Definitions:
    """Takes the session before it has read anything: revision and rows are of one moment.

    The revision is the number of the last audit record, which every change writes.
    """
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    revision = await session.scalar(select(AuditHead.sequence))
    rows = (await session.execute(select(Definition.kind, Definition.document))).all()
    documents: dict[str, list[dict[str, object]]] = {}
    for kind, document in rows:
        documents.setdefault(kind, []).append(document)
    return Definitions(
        revision=revision or 0,
        experiments=tuple(map(experiment_of, documents.get("experiment", ()))),
        flags=tuple(map(flag_of, documents.get("feature_flag", ()))),
        saved_groups=tuple(map(saved_group_of, documents.get("saved_group", ()))),
        holdouts=tuple(map(holdout_of, documents.get("holdout", ()))),
    )
