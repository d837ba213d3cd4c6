"""A portion of the stream as one DynamoDB transaction, and what its refusal says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from kindred.experiments.counting import Counter, Increment, Portion
from kindred.experiments.events import Counted, EventKey, key_of
from kindred.experiments.unit_state import UnitKey, UnitState, to_json
from kindred_aws.experiment_counters import PRODUCT, sort_key

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# Longer than any experiment: a unit that is forgotten would count as a new one.
_REMEMBER_UNITS_DAYS = 400
_DAY_SECONDS = 24 * 3600
# Decimals of what is summed: of values six, of their products twelve.
_DECIMALS = {
    "units": 0,
    "events": 0,
    "total": 6,
    "covariate_total": 6,
    "squares": 12,
    "covariate_squares": 12,
    "covariate_product": 12,
}
_BUSY = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingError",
        "ThrottlingException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
    }
)
_INVALID = frozenset({"ValidationError", "ValidationException", "ItemCollectionSizeLimitExceeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`marked` were counted before; `stale` units changed meanwhile; `busy` may pass by itself.

    `invalid` says what can never be written.
    """

    marked: frozenset[EventKey] = frozenset()
    stale: frozenset[UnitKey] = frozenset()
    busy: str | None = None
    invalid: str | None = None


def unit_id_of(unit: UnitKey) -> str:
    return f"u#{unit.experiment_id}#{unit.unit_id}"


def _mark_id(event: Counted) -> str:
    return f"e#{event.experiment_id}#{event.event_id}"


def transaction(
    portion: Portion,
    *,
    shard: str,
    counters_table: str,
    ledger_table: str,
    now: int,
    remember_events_days: int,
) -> list[Any]:
    """Marks, then states, then counters: `refusal` counts on the order."""
    days = max(_REMEMBER_UNITS_DAYS, remember_events_days)
    forget_units = {"N": str(now + days * _DAY_SECONDS)}
    forget_events = {"N": str(now + remember_events_days * _DAY_SECONDS)}
    return [
        *(
            {
                "Put": {
                    "TableName": ledger_table,
                    "Item": {"id": {"S": _mark_id(event)}, "expires_at": forget_events},
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            }
            for event in portion.events
        ),
        *(
            {"Put": {"TableName": ledger_table, **_state(unit, state, forget_units)}}
            for unit, state in portion.states.items()
        ),
        *(
            {"Update": {"TableName": counters_table, **_addition(counter, sums, shard)}}
            for counter, increment in portion.increments.items()
            if (sums := dict(_sums(increment)))
        ),
    ]


def refusal(error: ClientError, portion: Portion) -> Refusal:
    """Raises the error where it is none of these: missing rights, a missing table."""
    code, message = (error.response.get("Error", {}).get(name, "") for name in ("Code", "Message"))
    if code in _BUSY:
        return Refusal(busy=f"{code}: {message}")
    if code in _INVALID:
        return Refusal(invalid=f"{code}: {message}")
    if code != "TransactionCanceledException":
        raise error
    reasons = cast("list[dict[str, Any]]", error.response.get("CancellationReasons", []))
    codes = [reason.get("Code", "None") for reason in reasons]
    subjects = chain(portion.events, portion.states)
    failed = [s for s, c in zip(subjects, codes, strict=False) if c == "ConditionalCheckFailed"]
    units = frozenset(each for each in failed if isinstance(each, UnitKey))
    invalid = [reason for reason in reasons if reason.get("Code") in _INVALID]
    return Refusal(
        marked=frozenset(key_of(each) for each in failed if not isinstance(each, UnitKey)),
        stale=units,
        busy=next((each for each in codes if each in _BUSY), None),
        invalid=f"{invalid[0]['Code']}: {invalid[0].get('Message')}" if invalid else None,
    )


def _state(unit: UnitKey, state: UnitState, expires_at: dict[str, str]) -> dict[str, Any]:
    before = state.revision - 1
    put: dict[str, Any] = {
        "Item": {
            "id": {"S": unit_id_of(unit)},
            "revision": {"N": str(state.revision)},
            "unit": {"S": to_json(state)},
            "expires_at": expires_at,
        },
        "ConditionExpression": "revision = :before" if before else "attribute_not_exists(id)",
    }
    if before:
        put["ExpressionAttributeValues"] = {":before": {"N": str(before)}}
    return put


def _addition(counter: Counter, sums: dict[str, str], shard: str) -> dict[str, Any]:
    return {
        "Key": {
            "experiment_id": {"S": counter.experiment_id},
            "variation_metric": {"S": sort_key(*counter[1:], shard)},
        },
        "UpdateExpression": "ADD " + ", ".join(f"#{n} :{n}" for n in range(len(sums))),
        "ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(sums)},
        "ExpressionAttributeValues": {f":{n}": {"N": text} for n, text in enumerate(sums.values())},
    }


def _sums(increment: Increment) -> Iterator[tuple[str, str]]:
    for name, decimals in _DECIMALS.items():
        if value := getattr(increment, name):
            yield name, _decimal(value, decimals)
    for other, value in increment.products.items():
        yield f"{PRODUCT}{other}", _decimal(value, 12)


def _decimal(value: int, decimals: int) -> str:
    """`value` times ten to the power of minus `decimals`, to the last digit."""
    if not decimals:
        return str(value)
    digits = str(abs(value)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".")
