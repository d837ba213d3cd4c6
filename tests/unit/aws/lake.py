"""Athena over a bucket in memory, as far as forgetting asks it."""


class LakeFake:
    """Objects hold a unit a line; Athena finds the lines, and unloads those of others."""

    def __init__(self, s3, *, bucket, names):
        self.s3, self.bucket, self.names = s3, bucket, names.all

    def rows(self, query):
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="events/")
        keys = [each["Key"] for each in listed.get("Contents", [])]
        if query.startswith("UNLOAD"):
            return self.unload(query, keys)
        own = {key: sum(unit in self.names for unit in self.units(key)) for key in keys}
        if "GROUP BY" in query:
            return [(f"s3://{self.bucket}/{key}", str(own[key])) for key in keys if own[key]]
        return [(str(sum(len(self.units(key)) for key in keys)),)]

    def unload(self, query, keys):
        [key] = [key for key in keys if f"'s3://{self.bucket}/{key}'" in query]
        to = query.split(f"TO 's3://{self.bucket}/")[1].split("'")[0]
        if kept := [unit for unit in self.units(key) if unit not in self.names]:
            body = "\n".join(kept).encode()
            self.s3.put_object(Bucket=self.bucket, Key=f"{to}part", Body=body)
        return []

    def units(self, key):
        held = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return held.decode().split("\n")
