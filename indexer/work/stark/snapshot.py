"""The directory of one proof: ``public`` to publish, ``private`` to keep; and the discipline of its one secret.

All randomness comes from the secret, the statement and the digest of all balances. Begun with one secret and list, a
directory refuses any other: two proofs of one snapshot with other blinds would tell more than one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
from blake3 import blake3

from indexer.intake.users import BadUsers, read_assets
from indexer.liabilities.assay_secret import SECRET_BYTES_MIN
from indexer.liabilities.assay_sum import TEXT_BYTES_MAX, Asset
from indexer.liabilities.stark.errors import ProofError
from indexer.liabilities.stark.hashing import SCHEME, digest, text
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.liabilities.stark.statement import Statement
from indexer.work.stark.records import gather

PUBLIC, PRIVATE, MANIFEST = "public", "private", "manifest.json"
_BLOCK_BYTES = 1 << 20
_BEGUN, _GATHERED = "begun.json", "snapshot.json"


@dataclass(frozen=True, slots=True)
class Keys:
    """What is derived of the secret for one snapshot; ``check`` tells another secret without telling this one."""

    order: bytes
    seed: bytes
    check: str

    @staticmethod
    def of(secret: bytes, snapshot: str) -> Keys:
        assert len(secret) >= SECRET_BYTES_MIN, "the caller refuses short secrets"
        key = digest("secret", text(secret.hex()) + text(snapshot))
        order, seed, check = (blake3(purpose, key=key).digest() for purpose in (b"order", b"seed", b"check"))
        return Keys(order, seed, check.hex())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Users gathered, nothing proven yet. ``data`` is the digest of all records."""

    directory: Path
    statement: Statement
    data: bytes
    keys: Keys

    @property
    def private(self) -> Path:
        return self.directory / PRIVATE

    @property
    def public(self) -> Path:
        return self.directory / PUBLIC

    def segment_path(self, segment: int) -> Path:
        return self.public / f"segment-{segment:05}.bin"


def begin(
    users: Path,
    *,
    secret: bytes,
    out: Path,
    snapshot: str,
    params: Parameters = PRODUCT,
    progress: Callable[[int], None],
) -> Snapshot:
    """The snapshot in ``out``: gathered now, or before by the same command. Raises BadUsers."""
    if not 0 < len(snapshot.encode()) <= TEXT_BYTES_MAX:
        raise BadUsers(f"a snapshot's name is 1 to {TEXT_BYTES_MAX} bytes")
    assets, keys = read_assets(users), Keys.of(secret, snapshot)
    if len(assets) > params.assets_max:
        raise BadUsers(f"{users.name}: {len(assets)} assets; at most {params.assets_max} fit one proof")
    begun = {"scheme": SCHEME, "snapshot": snapshot, "secret": keys.check, "list": _file_digest(users)}
    private = out / PRIVATE
    if out.exists() and any(out.iterdir()) and not (private / _BEGUN).exists():
        raise BadUsers(f"{out.name}: not empty, and no proof that was begun there")
    private.mkdir(parents=True, exist_ok=True)
    (out / PUBLIC).mkdir(exist_ok=True)
    private.chmod(0o700)
    if (private / _BEGUN).exists():
        _check_begun(out, private, begun)
    else:
        write(private / _BEGUN, orjson.dumps(begun))
    if not (private / _GATHERED).exists():
        made = gather(users, assets, params, order_key=keys.order, directory=private, progress=progress)
        if not made.users:
            raise BadUsers(f"{users.name}: no users")
        stated = {
            "snapshot": snapshot,
            "parameters": params.name,
            "assets": [list(asset) for asset in assets],
            "users": made.users,
            "totals": [str(total) for total in made.totals],
            "data": made.digest.hex(),
        }
        write(private / _GATHERED, orjson.dumps(stated))
    return load(out, secret=secret, params=params)


def load(out: Path, *, secret: bytes, params: Parameters = PRODUCT) -> Snapshot:
    """What `begin` left there. Raises BadUsers where it is not whole, or was made with another secret."""
    private = out / PRIVATE
    try:
        begun = orjson.loads((private / _BEGUN).read_bytes())
        stated = orjson.loads((private / _GATHERED).read_bytes())
        keys = Keys.of(secret, stated["snapshot"])
        if begun["secret"] != keys.check:
            raise BadUsers(f"{out.name}: made with another secret")
        if stated["parameters"] != params.name:
            raise BadUsers(f"{out.name}: made with other parameters")
        statement = Statement(
            params=params,
            snapshot=stated["snapshot"],
            assets=tuple(Asset(*each) for each in stated["assets"]),
            users=stated["users"],
            totals=tuple(int(total) for total in stated["totals"]),
        )
        return Snapshot(out, statement, bytes.fromhex(stated["data"]), keys)
    except (KeyError, TypeError, FileNotFoundError, orjson.JSONDecodeError, ProofError) as error:
        raise BadUsers(f"{out.name}: no proof of liabilities was begun here, or it is damaged: {error!r}") from None


def write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _check_begun(out: Path, private: Path, begun: dict[str, str]) -> None:
    try:
        before = dict(orjson.loads((private / _BEGUN).read_bytes()))
    except (TypeError, ValueError) as error:
        raise BadUsers(f"{out.name}: {_BEGUN} is damaged: {error}") from None
    for key, what in (("snapshot", "snapshot"), ("secret", "secret"), ("list", "list of users")):
        if before.get(key) != begun[key]:
            raise BadUsers(f"{out.name}: begun with another {what}; a snapshot is proven once, with one secret")


def _file_digest(path: Path) -> str:
    """Read, not mapped: a mapped list would count as memory of this process."""
    state = blake3()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            state.update(block)
    return state.hexdigest()
