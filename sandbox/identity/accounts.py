"""The tenants, their Entra applications, and what each of them may do."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

RESOURCE_GROUP_SCOPE = "/subscriptions/{subscription}/resourceGroups/{group}"


class Role(Enum):
    """A role on Azure resources; each includes those before it."""

    READER = 1
    CONTRIBUTOR = 2


class FeedRole(Enum):
    """A role on the feeds of an organisation; each includes those before it."""

    READER = 1
    CONTRIBUTOR = 2


class StorageRole(Enum):
    """A role on the blobs of an account (Storage Blob Data …); each includes those before it."""

    READER = 1
    CONTRIBUTOR = 2


@dataclass(frozen=True, kw_only=True)
class FederatedSubject:
    """Whose token an application accepts instead of its secret."""

    issuer: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An Entra application and its service principal."""

    tenant_id: str
    roles: Mapping[str, Role] = field(default_factory=dict)  # scope -> role, inherited downwards
    feed_roles: Mapping[str, FeedRole] = field(default_factory=dict)  # organisation -> role
    # storage account -> role
    storage_roles: Mapping[str, StorageRole] = field(default_factory=dict)
    federated: frozenset[FederatedSubject] = frozenset()
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    object_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)

    def may(self, needed: Role, scope: str) -> bool:
        """Return whether a role that includes `needed` is assigned on `scope` or above it."""
        path = scope.casefold() + "/"
        return any(
            role.value >= needed.value and path.startswith(assigned.casefold() + "/")
            for assigned, role in self.roles.items()
        )


@dataclass(frozen=True, kw_only=True)
class Identities:
    """The applications of the first tenant.

    Attributes:
        contributor: Writes to one resource group, reads all workspaces; writes to acme's feeds
            and packages account.
        reader: Reads all workspaces, acme's feeds and acme's packages account.
        outsider: Writes to the same workspaces as the contributor; is not a member of any
            Azure DevOps organisation.
        stranger: Exists, and has no role.
    """

    contributor: Identity
    reader: Identity
    outsider: Identity
    stranger: Identity

    def __iter__(self) -> Iterator[Identity]:
        return iter((self.contributor, self.reader, self.outsider, self.stranger))

    def find(self, tenant_id: str, client_id: str) -> Identity | None:
        names = (tenant_id.casefold(), client_id.casefold())
        for identity in self:
            if (identity.tenant_id, identity.client_id) == names:
                return identity
        return None


def declare_identities(
    *,
    tenant_id: str,
    subscription_id: str,
    resource_group: str,
    packages_account: str,
    federated: frozenset[FederatedSubject],
) -> Identities:
    """Declare the applications, which accept the tokens of the same federated subjects."""
    subscription = f"/subscriptions/{subscription_id}"
    group = RESOURCE_GROUP_SCOPE.format(subscription=subscription_id, group=resource_group)
    writes = {subscription: Role.READER, group: Role.CONTRIBUTOR}
    reads = {subscription: Role.READER}

    def identity(
        roles: Mapping[str, Role],
        feed_role: FeedRole | None = None,
        storage_role: StorageRole | None = None,
    ) -> Identity:
        return Identity(
            tenant_id=tenant_id,
            roles=roles,
            feed_roles={"acme": feed_role} if feed_role else {},
            storage_roles={packages_account: storage_role} if storage_role else {},
            federated=federated,
        )

    return Identities(
        contributor=identity(writes, FeedRole.CONTRIBUTOR, StorageRole.CONTRIBUTOR),
        reader=identity(reads, FeedRole.READER, StorageRole.READER),
        outsider=identity(writes),
        stranger=identity({}),
    )
