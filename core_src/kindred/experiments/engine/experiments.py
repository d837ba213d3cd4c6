"""One experiment, compiled: which variation a unit sees, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kindred.experiments.engine.admission import compile_admissions
from kindred.experiments.engine.attribute_values import unit_text
from kindred.experiments.engine.bandits import Bandit, Weighting
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.hashing import compile_hash
from kindred.experiments.engine.prerequisites import START, Path
from kindred.experiments.engine.ranges import Range, bucket_ranges, choose_variation
from kindred.experiments.engine.results import ExperimentResult
from kindred.experiments.engine.scope import Scope
from kindred.experiments.engine.sticky import StickyBucketing
from kindred.experiments.engine.urls import compile_url_patterns, query_override

# What a result repeats of the definition, and in no other field's name.
DESCRIBED = (
    "name",
    "phase",
    "coverage",
    "weights",
    "ranges",
    "meta",
    "filters",
    "namespace",
    "condition",
    "seed",
    "hashVersion",
    "hashAttribute",
    "fallbackAttribute",
    "disableStickyBucketing",
    "bucketVersion",
    "minBucketVersion",
)


class CompiledExperiment:
    """`targeted`: the definition is a flag's rule, whose targeting was checked before."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        scope: Scope,
        *,
        key: str,
        feature_id: str | None = None,
        targeted: bool = False,
    ) -> None:
        self.key = key
        self.definition = definition
        self.variations = tuple(
            definition.get("contextualVariations") or definition.get("variations") or ()
        )
        self._feature_id = feature_id
        self._count = len(self.variations)
        meta = [one or {} for one in definition.get("meta") or ()]
        meta += [{}] * (self._count - len(meta))
        self.keys = tuple(
            str(meta[position].get("key") or position) for position in range(self._count)
        )
        self._names = tuple(one.get("name") for one in meta)
        self._passthrough = tuple(bool(one.get("passthrough")) for one in meta)
        self._hash_attribute = definition.get("hashAttribute") or "id"
        self._hash = compile_hash(definition, seed=key)
        self._ranges = self._compile_ranges(definition)
        self._force = definition.get("force")
        status = definition.get("status")
        self._active = definition.get("active", True) is not False and status != "draft"
        self._stopped = status == "stopped"
        self._admissions = compile_admissions(definition, scope, targeted=targeted)
        patterns = definition.get("urlPatterns")
        self._targets_url = compile_url_patterns(patterns) if patterns else None
        self._sticky = self._compile_sticky(definition)
        self.described = {
            "key": key,
            "variations": list(self.variations),
            **{name: definition[name] for name in DESCRIBED if name in definition},
        }
        self._bandit = self._compile_bandit(definition, scope)

    @property
    def redirects(self) -> bool:
        """Whether it acts on pages by itself; a manual one waits to be asked."""
        return not self.definition.get("manual") and any(
            isinstance(value, Mapping) and value.get("urlRedirect") for value in self.variations
        )

    def targets(self, url: str) -> bool:
        """Whether the page is one of the experiment's; without patterns all are."""
        return self._targets_url is None or self._targets_url(url)

    def assign(self, context: Context, path: Path = START) -> ExperimentResult | None:
        """None when the unit is not in the experiment."""
        if self._count < 2 or not context.enabled:
            return None
        if not self.targets(context.url):
            return None
        if context.url or context.forced_variations:
            forced = self._forced_by(context)
            if forced is not None:
                return self._forced(context, forced)
        if not self._active or self._hash is None:
            return None
        attribute, given, unit = self._unit(context)
        if not unit:
            return None
        sticky = self._sticky if context.sticky is not None else None
        variation = -1
        if sticky is not None:
            variation, blocked = sticky.find(context)
            if blocked:
                return None
        remembered = variation >= 0
        if not remembered:
            for admits in self._admissions:
                if not admits(context, unit, path):
                    return None
        bucket = self._hash.bucket(unit)
        weighting = None if self._bandit is None else self._bandit.weighting(context)
        if not remembered:
            variation = self._choose(bucket, weighting)
            if variation < 0:
                return None
        if self._force is not None:
            return self._forced(context, self._force)
        if context.qa_mode or self._stopped:
            return None
        return ExperimentResult(
            self.key,
            self.keys[variation],
            variation,
            self.variations[variation],
            True,
            True,
            attribute,
            given,
            bucket / self._hash.scale,
            self._names[variation],
            self._feature_id,
            remembered,
            self._passthrough[variation],
            None if weighting is None else weighting.leaf,
            None
            if sticky is None
            else sticky.document(
                context, attribute=attribute, unit=unit, variation_key=self.keys[variation]
            ),
        )

    def run(self, context: Context) -> ExperimentResult:
        """As `assign`, and for a unit that is not in the experiment the first variation."""
        return self.assign(context) or self._without_hash(context, 0, in_experiment=False)

    def definition_for(self, context: Context, result: ExperimentResult) -> Mapping[str, Any]:
        """The definition as it was evaluated: a bandit's weights are its leaf's."""
        if self._bandit is None:
            return self.described
        weighting = self._bandit.weighting(context)
        return weighting.described_with_leaf if result.hash_used else weighting.described

    def _choose(self, bucket: float, weighting: Weighting | None) -> int:
        if weighting is None:
            return choose_variation(bucket, self._ranges)
        assert self._hash is not None
        return choose_variation(bucket / self._hash.scale, weighting.ranges)

    def _unit(self, context: Context) -> tuple[str, Any, str]:
        """Attribute, its value as given, and as it is hashed."""
        attribute = self._hash_attribute
        given = context.attributes.get(attribute)
        unit = given if type(given) is str else unit_text(given)
        if unit or context.sticky is None or self._sticky is None:
            return attribute, given, unit
        fallback = self._sticky.fallback_attribute
        other = context.attributes.get(fallback) if fallback else None
        other_unit = unit_text(other)
        if fallback and other_unit:
            return fallback, other, other_unit
        return attribute, given, unit

    def _forced_by(self, context: Context) -> int | None:
        forced = query_override(self.key, context.url, self._count)
        return context.forced_variations.get(self.key) if forced is None else forced

    def _forced(self, context: Context, variation: int) -> ExperimentResult | None:
        """A variation that does not exist keeps the unit out."""
        if not 0 <= variation < self._count:
            return None
        return self._without_hash(context, variation, in_experiment=True)

    def _without_hash(
        self, context: Context, variation: int, *, in_experiment: bool
    ) -> ExperimentResult:
        attribute, given, unit = self._unit(context)
        known = variation < self._count
        return ExperimentResult(
            self.key,
            self.keys[variation] if known else str(variation),
            variation,
            self.variations[variation] if known else None,
            in_experiment,
            False,
            attribute,
            given if unit else "",
            name=self._names[variation] if known else None,
            feature_id=self._feature_id,
            passthrough=known and self._passthrough[variation],
        )

    def _compile_ranges(self, definition: Mapping[str, Any]) -> tuple[Range, ...]:
        coverage = definition.get("coverage")
        ranges = definition.get("ranges") or bucket_ranges(
            self._count, 1.0 if coverage is None else coverage, definition.get("weights")
        )
        scale = 1 if self._hash is None else self._hash.scale
        return tuple((start * scale, end * scale) for start, end in ranges)

    def _compile_sticky(self, definition: Mapping[str, Any]) -> StickyBucketing | None:
        if definition.get("disableStickyBucketing"):
            return None
        return StickyBucketing(
            self.key,
            hash_attribute=self._hash_attribute,
            fallback_attribute=definition.get("fallbackAttribute"),
            version=definition.get("bucketVersion") or 0,
            oldest_version=definition.get("minBucketVersion") or 0,
            variation_keys=self.keys,
        )

    def _compile_bandit(self, definition: Mapping[str, Any], scope: Scope) -> Bandit | None:
        bandit = scope.bandits.get(definition.get("contextualBanditRef") or "")
        if bandit is None:
            return None
        return Bandit(
            bandit if isinstance(bandit, Mapping) else {},
            self.described,
            count=self._count,
            conditions=scope.conditions,
        )
