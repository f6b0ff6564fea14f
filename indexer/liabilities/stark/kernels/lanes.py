"""Sixteen field elements in one LLVM vector: the builders' functions, and lines as numba intrinsics.

Montgomery's product of x and y is x y 2^-32 modulo P (Montgomery 1985); even and odd lanes are multiplied apart, for
vectors have 32 x 32 -> 64 bit products of every second lane only.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from indexer.liabilities.stark.field import P
from indexer.liabilities.stark.kernels.compiled import LINE, address, intrinsic, nothing, word

I32, I64 = ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(I32, LINE)
_WIDE = ir.VectorType(I64, LINE // 2)
_P_INVERSE = pow(P, -1, 2**32)


def constant(value: int) -> Any:
    return ir.Constant(VECTOR, [value] * LINE)


def _wide(value: int) -> Any:
    return ir.Constant(_WIDE, [value] * (LINE // 2))


def at(builder: Any, base: Any, line: int) -> Any:
    """The address of a line."""
    return builder.add(base, ir.Constant(I64, 64 * line))


def load(builder: Any, where: Any) -> Any:
    loaded = builder.load(builder.inttoptr(where, VECTOR.as_pointer()))
    loaded.align = 4
    return loaded


def store(builder: Any, value: Any, where: Any) -> None:
    stored = builder.store(value, builder.inttoptr(where, VECTOR.as_pointer()))
    stored.align = 4


def splat(builder: Any, scalar: Any) -> Any:
    """The same word in every lane."""
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(VECTOR, [0] * LINE))


def splat_word(builder: Any, base: Any, place: int) -> Any:
    """The word at ``base[place]`` in every lane."""
    where = builder.add(base, ir.Constant(I64, 4 * place))
    return splat(builder, builder.load(builder.inttoptr(where, I32.as_pointer())))


def _least(builder: Any, x: Any, y: Any) -> Any:
    return builder.select(builder.icmp_unsigned("<", x, y), x, y)


def add(builder: Any, x: Any, y: Any) -> Any:
    total = builder.add(x, y)  # below 2^32, for P is below 2^31
    return _least(builder, total, builder.sub(total, constant(P)))


def sub(builder: Any, x: Any, y: Any) -> Any:
    difference = builder.sub(x, y)
    return _least(builder, difference, builder.add(difference, constant(P)))


def mul(builder: Any, x: Any, y: Any) -> Any:
    """x y / 2^32 modulo P, in [0, P) for x, y in [0, P)."""
    b, low, high = builder, _wide(0xFFFFFFFF), _wide(0xFFFFFFFF00000000)
    x, y = b.bitcast(x, _WIDE), b.bitcast(y, _WIDE)
    even = _reduced(b, b.mul(b.and_(x, low), b.and_(y, low)))
    odd = _reduced(b, b.mul(b.lshr(x, _wide(32)), b.lshr(y, _wide(32))))
    both = b.bitcast(b.or_(b.lshr(even, _wide(32)), b.and_(odd, high)), VECTOR)
    return _least(b, both, b.add(both, constant(P)))


def _reduced(builder: Any, product: Any) -> Any:
    """A multiple of 2^32 congruent to the product; its high word is the result, or that minus P."""
    b, low = builder, _wide(0xFFFFFFFF)
    multiple = b.and_(b.mul(b.and_(product, low), _wide(_P_INVERSE)), low)
    return b.sub(product, b.mul(multiple, _wide(P)))


def done(context: Any) -> Any:
    return context.get_dummy_value()


@intrinsic
def line_copy(_: Any, target: Any, source: Any) -> Any:
    """target = source"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        store(builder, load(builder, args[1]), args[0])
        return done(context)

    return nothing(address, address), generate


@intrinsic
def line_scale(_: Any, target: Any, source: Any, by: Any) -> Any:
    """target = source * by, a word in Montgomery form"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        store(builder, mul(builder, load(builder, args[1]), splat(builder, args[2])), args[0])
        return done(context)

    return nothing(address, address, word), generate


@intrinsic
def butterfly_2(_: Any, p0: Any, p1: Any, w: Any) -> Any:
    """(x, y) -> (x + y, (x - y) w)"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        x, y = load(b, args[0]), load(b, args[1])
        store(b, add(b, x, y), args[0])
        store(b, mul(b, sub(b, x, y), splat(b, args[2])), args[1])
        return done(context)

    return nothing(address, address, word), generate


@intrinsic
def butterfly_4(_: Any, p0: Any, p1: Any, p2: Any, p3: Any, w02: Any, w13: Any, w2: Any) -> Any:
    """Two levels at once: pairs (0, 2) and (1, 3) by w02 and w13, then (0, 1) and (2, 3) by w2"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        x0, x1, x2, x3 = (load(b, args[k]) for k in range(4))
        w02, w13, w2 = (splat(b, args[k]) for k in (4, 5, 6))
        s0, d0 = add(b, x0, x2), mul(b, sub(b, x0, x2), w02)
        s1, d1 = add(b, x1, x3), mul(b, sub(b, x1, x3), w13)
        store(b, add(b, s0, s1), args[0])
        store(b, mul(b, sub(b, s0, s1), w2), args[1])
        store(b, add(b, d0, d1), args[2])
        store(b, mul(b, sub(b, d0, d1), w2), args[3])
        return done(context)

    return nothing(address, address, address, address, word, word, word), generate
