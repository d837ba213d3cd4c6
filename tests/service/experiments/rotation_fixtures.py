"""A database with an administrator as RDS makes one, and the secrets of who signs in."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field

import asyncpg
import boto3

DATABASE = "rotated"
ADMINISTRATOR = "administrator"
OWNER, LOGINS = "kindred_owner", ("kindred_1", "kindred_2")
FIRST = {"username": LOGINS[0], "password": "made-by-secrets-manager"}
ADMINISTRATORS = {"username": ADMINISTRATOR, "password": "also-made-by-secrets-manager"}
# No superuser, on RDS neither.
RIGHTS = f"LOGIN CREATEDB CREATEROLE NOSUPERUSER PASSWORD '{ADMINISTRATORS['password']}'"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


@dataclass(frozen=True)
class Rotated:
    server: object
    client: object = field(default_factory=lambda: boto3.client("secretsmanager"))

    def held(self, of="login", stage="AWSCURRENT"):
        answer = self.client.get_secret_value(SecretId=of, VersionStage=stage)
        return json.loads(answer["SecretString"])

    def take(self, rotation, version, *steps, of="login"):
        for step in steps or STEPS:
            event = {"Step": step, "SecretId": of, "ClientRequestToken": version}
            rotation.handler(event, None)

    def rotate(self, rotation, *, of="login"):
        """What services, or rotations, sign in with from now on."""
        self.take(rotation, str(uuid.uuid4()), of=of)
        return self.held(of)

    async def connect(self, login, database=DATABASE):
        return await asyncpg.connect(
            host="127.0.0.1",
            port=self.server.port,
            user=login["username"],
            password=login.get("password"),
            database=database,
            ssl=self.server.tls(),
        )

    def ask(self, login, *statements, database=DATABASE):
        """What the last statement answers this login."""

        async def run():
            connection = await self.connect(login, database)
            try:
                answer = None
                for statement in statements:
                    answer = await connection.fetchval(statement)
                return answer
            finally:
                await connection.close()

        return asyncio.run(run())

    def lets_in(self, login):
        try:
            return self.ask(login, "SELECT true")
        except asyncpg.InvalidAuthorizationSpecificationError:
            return False

    def as_superuser(self, *statements, database="kindred"):
        return self.ask({"username": "kindred"}, *statements, database=database)

    def begin(self):
        self.as_superuser(
            f"CREATE ROLE {ADMINISTRATOR} {RIGHTS}",
            f"CREATE DATABASE {DATABASE} OWNER {ADMINISTRATOR}",
        )
        for name, content in (("login", FIRST), ("administrator", ADMINISTRATORS)):
            self.client.create_secret(Name=name, SecretString=json.dumps(content))

    def end(self):
        names = ", ".join((*LOGINS, OWNER, ADMINISTRATOR))
        self.as_superuser(
            f"DROP DATABASE {DATABASE} WITH (FORCE)",
            *(f"DROP ROLE IF EXISTS {name}" for name in names.split(", ")),
        )
