"""A second verifier of one segment, written from docs/stark.md alone: plain whole numbers, no numpy, slow and obvious.

It shares nothing with the product but the package blake3; `test_reference` holds the two to the same verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass

from blake3 import blake3

P = 2**31 - 2**27 + 1
Element = tuple[int, ...]


class Wrong(Exception):
    """The segment does not hold."""


@dataclass(frozen=True)
class Sizes:
    """The table of parameters, so that tests can use a smaller one."""

    name: str
    log_n: int
    active: int
    limb_bits: int
    limbs: int
    queries: int
    grinding: int
    layers: int
    masks: int
    cap: int
    assets: int


def hashed(purpose: str, data: bytes, length: int = 32) -> bytes:
    return blake3(data, key=blake3(b"assay-stark-v1 " + purpose.encode()).digest()).digest(length=length)


def u(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def text(value: str) -> bytes:
    return u(len(value.encode()), 4) + value.encode()


def root_of_unity(log: int) -> int:
    return pow(31, (P - 1) >> log, P)


def plus(a: Element, b: Element, sign: int = 1) -> Element:
    return tuple((x + sign * y) % P for x, y in zip(a, b, strict=True))


def times(a: Element, b: Element) -> Element:
    out = [0] * 9
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return tuple((out[k] + 2 * (out[k + 5] if k < 4 else 0)) % P for k in range(5))


def base(value: int) -> Element:
    return (value % P, 0, 0, 0, 0)


def power(a: Element, exponent: int) -> Element:
    out = base(1)
    for bit in bin(exponent)[2:]:
        out = times(out, out)
        if bit == "1":
            out = times(out, a)
    return out


def over(a: Element, b: Element) -> Element:
    """a / b, by Fermat in the whole extension."""
    return times(a, power(b, P**5 - 2))


def fives(values: list[Element]) -> list[Element]:
    """Five base columns at an extension point, as one extension column."""
    out = []
    for at in range(0, len(values), 5):
        total = base(0)
        for k in range(5):
            total = plus(total, times(values[at + k], tuple(int(k == place) for place in range(5))))
        out.append(total)
    return out


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise Wrong("too short")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def fields(self, count: int) -> list[int]:
        values = [self.number() for _ in range(count)]
        if any(value >= P for value in values):
            raise Wrong("not canonical")
        return values

    def elements(self, count: int) -> list[Element]:
        return [tuple(self.fields(5)) for _ in range(count)]

    def digests(self, count: int) -> list[bytes]:
        return [self.take(32) for _ in range(count)]


class Transcript:
    def __init__(self, start: bytes) -> None:
        self.state = hashed("transcript", start)

    def absorb(self, label: str, data: bytes) -> None:
        self.state = hashed("absorb", self.state + text(label) + u(len(data), 8) + data)

    def draw(self, label: str) -> Element:
        self.absorb(label, b"")
        raw = hashed("challenge", self.state, 80)
        return tuple(int.from_bytes(raw[at : at + 16], "little") % P for at in range(0, 80, 16))


def climbs(cap: list[bytes], leaf: bytes, index: int, siblings: list[bytes]) -> bool:
    for sibling in siblings:
        leaf = hashed("node", sibling + leaf if index % 2 else leaf + sibling)
        index //= 2
    return cap[index] == leaf


def verify(sizes: Sizes, statement: bytes, segment: int, data: bytes) -> list[int]:
    """The totals. Raises Wrong."""
    n, j_count, q_count = 1 << sizes.log_n, sizes.limbs * sizes.assets, sizes.queries
    groups, log_domain = -(-j_count // 3), sizes.log_n + 2
    widths = (j_count + 11, 5 * groups + 10, 20)
    columns = sum(widths)
    read = Bytes(data)
    if read.take(23) != b"assay-stark-v1 segment\n" or read.take(32) != statement:
        raise Wrong("another statement")
    if read.number() != segment or read.number() != sizes.assets:
        raise Wrong("another segment")
    begin = Transcript(text(sizes.name) + statement + u(segment, 4))
    user_root, cap = read.take(32), 1 << sizes.cap
    caps = [read.digests(cap)]
    begin.absorb("base", b"".join(caps[0]))
    begin.absorb("users", user_root)
    sums = [read.number() for _ in range(j_count)]
    if max(sums) > sizes.active * (2**sizes.limb_bits - 1):
        raise Wrong("a sum beyond its range")
    begin.absorb("limb sums", b"".join(u(each, 4) for each in sums))
    at = read.at
    rho = tuple(read.fields(5))
    begin.absorb("blind sum", data[at : read.at])
    alpha = begin.draw("alpha")
    at = read.at
    prints = read.elements(n)
    begin.absorb("fingerprints", hashed("fingerprints", data[at : read.at]))
    beta = begin.draw("beta")
    caps.append(read.digests(cap))
    begin.absorb("lookup", b"".join(caps[1]))
    mix = begin.draw("mix")
    caps.append(read.digests(cap))
    begin.absorb("quotient", b"".join(caps[2]))
    z = begin.draw("z")
    at = read.at
    opened = read.elements(columns + 5)
    begin.absorb("openings", data[at : read.at])
    gamma = begin.draw("gamma")
    layer_caps, folds = [], []
    for _ in range(sizes.layers):
        layer_caps.append(read.digests(cap))
        begin.absorb("fri", b"".join(layer_caps[-1]))
        folds.append(begin.draw("fold"))
    at = read.at
    final = read.elements(n >> 3 * sizes.layers)
    begin.absorb("final", data[at : read.at])
    nonce = read.take(8)
    if int.from_bytes(hashed("grind", begin.state + nonce)[:4], "little") >> (32 - sizes.grinding):
        raise Wrong("no work")
    begin.absorb("nonce", nonce)
    begin.absorb("queries", b"")
    raw = hashed("challenge", begin.state, 8 * q_count)
    queries = [int.from_bytes(raw[k : k + 8], "little") % (4 * n) for k in range(0, 8 * q_count, 8)]
    rows = [[(read.fields(width), read.take(16)) for _ in queries] for width in widths]
    paths = [[read.digests(log_domain - sizes.cap) for _ in queries] for _ in widths]
    leaves = [[read.elements(8) for _ in queries] for _ in folds]
    leaf_paths = [[read.digests(log_domain - 3 * (k + 1) - sizes.cap) for _ in queries] for k in range(len(folds))]
    if read.at != len(data):
        raise Wrong("too long")

    g = root_of_unity(sizes.log_n)
    _check_constraints(sizes, opened, widths, z=z, beta=beta, mix=mix)
    lagrange = _lagrange(n, z, g)
    blind = fives(opened[j_count : j_count + 5])[0]
    if _weighted(lagrange, prints) != _fingerprint(blind, opened[:j_count], alpha):
        raise Wrong("fingerprints")
    added = base(0)
    for each in prints[: sizes.active]:
        added = plus(added, each)
    if added != _fingerprint(rho, [base(each) for each in sums], alpha):
        raise Wrong("sums")
    for number, query in enumerate(queries):
        x = 31 * pow(root_of_unity(log_domain), query // n, P) * pow(g, query % n, P) % P
        held: list[int] = []
        for matrix in range(3):
            row, salt = rows[matrix][number]
            row_leaf = hashed("row", b"".join(u(each, 4) for each in row) + salt)
            if not climbs(caps[matrix], row_leaf, query, paths[matrix][number]):
                raise Wrong("a row")
            held += row
        phi = held[widths[0] + widths[1] - 5 : widths[0] + widths[1]]
        value = _mixed(held, phi, opened, gamma=gamma, z=z, g=g, x=x)
        coset, place = query // n, query % n
        for layer, fold in enumerate(folds):
            eighth = n >> 3 * (layer + 1)
            eight, which = leaves[layer][number], place // eighth
            place %= eighth
            packed = b"".join(u(each, 4) for element in eight for each in element)
            if not climbs(layer_caps[layer], hashed("fri", packed), coset * eighth + place, leaf_paths[layer][number]):
                raise Wrong("a leaf of a layer")
            if eight[which] != value:
                raise Wrong("a layer")
            w = root_of_unity(3)
            value = _folded(eight, x * pow(w, -which, P) % P, w, fold)
            x = pow(x, 8, P)
        owed = base(0)
        for coefficient in reversed(final):
            owed = plus(times(owed, base(x)), coefficient)
        if owed != value:
            raise Wrong("the final polynomial")
    return [
        sum(sums[sizes.limbs * asset + limb] << (sizes.limb_bits * limb) for limb in range(sizes.limbs))
        for asset in range(sizes.assets)
    ]


def _fingerprint(blind: Element, limbs: list[Element], alpha: Element) -> Element:
    weight, total = base(1), blind
    for limb in limbs:
        weight = times(weight, alpha)
        total = plus(total, times(weight, limb))
    return total


def _lagrange(n: int, z: Element, g: int) -> list[Element]:
    scale = times(plus(power(z, n), base(1), -1), base(pow(n, -1, P)))
    return [times(scale, over(base(pow(g, i, P)), plus(z, base(pow(g, i, P)), -1))) for i in range(n)]


def _weighted(weights: list[Element], values: list[Element]) -> Element:
    total = base(0)
    for weight, value in zip(weights, values, strict=True):
        total = plus(total, times(weight, value))
    return total


def _check_constraints(
    sizes: Sizes, opened: list[Element], widths: tuple[int, ...], *, z: Element, beta: Element, mix: Element
) -> None:
    columns, g = sum(widths), root_of_unity(sizes.log_n)
    n, count = 1 << sizes.log_n, sizes.limbs * sizes.assets
    limbs, m = opened[:count], opened[count + 5]
    *h, h_t, phi = fives(opened[widths[0] : widths[0] + widths[1]])
    parts, (phi_next,) = fives(opened[columns - 20 : columns]), fives(opened[columns:])
    table = _weighted(_lagrange(n, z, g)[: 1 << sizes.limb_bits], [base(i) for i in range(1 << sizes.limb_bits)])
    found = []
    for group, helper in enumerate(h):
        terms = [plus(beta, limb, -1) for limb in limbs[3 * group : 3 * group + 3]]
        product, others = base(1), base(0)
        for k, term in enumerate(terms):
            product, rest = times(product, term), base(1)
            for other in terms[:k] + terms[k + 1 :]:
                rest = times(rest, other)
            others = plus(others, rest)
        found.append(plus(times(helper, product), others, -1))
    found.append(plus(times(h_t, plus(beta, table, -1)), m, -1))
    step = plus(plus(phi_next, phi, -1), h_t)
    for helper in h:
        step = plus(step, helper, -1)
    found.append(step)
    weight, total = base(1), base(0)
    for each in found:
        total, weight = plus(total, times(weight, each)), times(weight, mix)
    masked = base(1)
    for row in range(sizes.active, n):
        masked = times(masked, plus(z, base(pow(g, row, P)), -1))
    owed = over(times(total, masked), plus(power(z, n), base(1), -1))
    for row in (1, pow(g, sizes.active, P)):
        owed = plus(owed, times(weight, over(phi, plus(z, base(row), -1))))
        weight = times(weight, mix)
    given, shift = base(0), power(z, n - sizes.masks)
    for k, part in enumerate(parts):
        given = plus(given, times(power(shift, k), part))
    if owed != given:
        raise Wrong("constraints")


def _mixed(
    held: list[int], phi: list[int], opened: list[Element], *, gamma: Element, z: Element, g: int, x: int
) -> Element:
    columns = len(held)
    weight, here, there = base(1), base(0), base(0)
    for value, at_z in zip(held, opened[:columns], strict=True):
        here, weight = plus(here, times(weight, plus(base(value), at_z, -1))), times(weight, gamma)
    for value, at_z in zip(phi, opened[columns:], strict=True):
        there, weight = plus(there, times(weight, plus(base(value), at_z, -1))), times(weight, gamma)
    first = over(here, plus(base(x), z, -1))
    return plus(first, over(there, plus(base(x), times(z, base(g)), -1)))


def _folded(eight: list[Element], x: int, w: int, fold: Element) -> Element:
    """sum fold^t f_t(x^8), with f_t(x^8) = 1/8 sum_k (x w^k)^-t f(x w^k)."""
    total = base(0)
    for t in range(8):
        part = base(0)
        for k, value in enumerate(eight):
            part = plus(part, times(value, base(pow(x * pow(w, k, P), -t, P) * pow(8, -1, P))))
        total = plus(total, times(power(fold, t), part))
    return total
