"""Forgetting a unit, and rotating the secret that its pseudonyms are made with.

ForgetRecords and ForgetInside are asked for one pass over one store:
    {"unit": "...", "store": "ledger", "remove": true, "cursor": null}
and answer
    {"looked_at", "found", "removed", "cursor", "notes", "whole"}
to be asked again with the cursor until it is null. Without a store they answer {"stores": [...]}.
ForgetInside is in the VPC, where Valkey and OpenSearch are.

RotatePseudonyms takes Secrets Manager's four steps.
"""
