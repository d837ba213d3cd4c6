"""Forgetting a unit, and rotating secrets.

ForgetRecords and ForgetInside are asked for one pass over one store:
    {"unit": "...", "store": "ledger", "remove": true, "cursor": null}
and answer
    {"looked_at", "found", "removed", "cursor", "notes", "whole"}
to be asked again with the cursor until it is null. Without a store they answer {"stores": {...}},
the region of each.
ForgetInside is in the VPC, where Valkey and OpenSearch are.

RotatePseudonyms, RotateCachePassword, RotateDatabaseLogin and RotateDatabaseAdministrator take
Secrets Manager's four steps. The last two are in the VPC, where PostgreSQL is.
"""
