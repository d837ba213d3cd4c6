"""From what a client says of an app to its arm and its vector in that arm's space."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from kindred.experiments.bucketing import Arm
from kindred.problem_details import invalid_field
from kindred.similarity.app import AppMetadata
from kindred.similarity.catalogue import Catalogue, UnknownCategory
from kindred.similarity.index import Vectors
from kindred_aws.unit_cache import UnitCache, vector_key
from kindred_service.arms import Arms, Assigned
from kindred_service.metrics import ServiceMetrics
from kindred_service.models import LoadedModel, Models
from kindred_service.wire import AppIn, QueryIn, metadata_of

QuerySource = Literal["catalogue", "request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedQuery:
    """`row` is the app's own row where it is in the catalogue, so that it can be left out."""

    assigned: Assigned
    model: LoadedModel
    metadata: AppMetadata
    vector: Vectors
    row: int | None

    @property
    def arm(self) -> Arm:
        return self.assigned.arm

    @property
    def source(self) -> QuerySource:
        return "request" if self.row is None else "catalogue"


class QueryResolver:
    def __init__(
        self,
        *,
        models: Callable[[], Models],
        arms: Arms,
        cache: UnitCache,
        metrics: ServiceMetrics,
    ) -> None:
        self._models = models
        self._arms = arms
        self._cache = cache
        self._metrics = metrics

    @property
    def models(self) -> Models:
        return self._models()

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that requests are checked against; every arm is fitted on the same."""
        return self.models["v2"].artefact.catalogue

    async def resolve(self, query: QueryIn) -> ResolvedQuery:
        """Raises Refusal for an unknown category or region, or an unknown app not described."""
        if query.app_id in self.catalogue:
            return await self._of_catalogue(query)
        if query.app is None:
            raise invalid_field(
                "/app", "required, since app_id is not in the catalogue", given=query.app_id
            )
        metadata = checked_metadata(query.app, self.catalogue)
        keys = self._vector_keys(metadata)
        assigned, remembered = await self._arms.assign(
            query.partner_id, query.app_id, vector_keys=tuple(keys.values())
        )
        model = self.models[assigned.arm]
        vector = _vector(remembered.vectors.get(keys[assigned.arm]), model)
        self._metrics.count_vector(computed=vector is None)
        if vector is None:
            vector = model.artefact.model.embed(metadata)
            await self._cache.remember(arm=None, vector=(keys[assigned.arm], vector.tobytes()))
        return ResolvedQuery(
            assigned=assigned,
            model=model,
            metadata=metadata,
            vector=vector,
            row=None,
        )

    async def _of_catalogue(self, query: QueryIn) -> ResolvedQuery:
        assigned, _ = await self._arms.assign(query.partner_id, query.app_id)
        model = self.models[assigned.arm]
        catalogue = model.artefact.catalogue
        row = catalogue.row(query.app_id)
        self._metrics.count_vector(computed=False)
        return ResolvedQuery(
            assigned=assigned,
            model=model,
            metadata=catalogue.app(row).metadata,
            vector=np.asarray(model.artefact.vectors[row]),
            row=row,
        )

    def _vector_keys(self, metadata: AppMetadata) -> dict[Arm, str]:
        canonical = json.dumps(asdict(metadata), sort_keys=True, ensure_ascii=False)
        return {arm: vector_key(model.version, canonical) for arm, model in self.models.items()}


def checked_metadata(app: AppIn, catalogue: Catalogue) -> AppMetadata:
    """Raises Refusal for a category or a region that the catalogue does not have."""
    try:
        category = catalogue.canonical_category(app.category)
    except UnknownCategory as error:
        raise invalid_field(
            "/app/category",
            "not a category of the catalogue",
            given=app.category,
            allowed=error.allowed,
        ) from error
    if not catalogue.regions:
        return metadata_of(app, category=category, region=app.region)
    for region in catalogue.regions:
        if region.casefold() == app.region.casefold():
            return metadata_of(app, category=category, region=region)
    raise invalid_field(
        "/app/region", "not a region of the catalogue", given=app.region, allowed=catalogue.regions
    )


def _vector(raw: bytes | None, model: LoadedModel) -> Vectors | None:
    """A remembered vector, unless it is not of the model's dimension."""
    if raw is None or len(raw) != 4 * model.artefact.manifest.dimension:
        return None
    return np.frombuffer(raw, np.float32)
