"""Extension elements in vectors: five lines, one a coordinate; and what is done with them in one go."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from indexer.liabilities.stark.extension import DEGREE
from indexer.liabilities.stark.field import P
from indexer.liabilities.stark.kernels.compiled import address, intrinsic, nothing
from indexer.liabilities.stark.kernels.lanes import I64, add, at, constant, done, load, mul, splat_word, store, sub
from indexer.liabilities.stark.kernels.scalar import R

Five = list[Any]


def load_five(builder: Any, base: Any) -> Five:
    return [load(builder, at(builder, base, k)) for k in range(DEGREE)]


def store_five(builder: Any, values: Five, base: Any) -> None:
    for k, value in enumerate(values):
        store(builder, value, at(builder, base, k))


def constant_five(builder: Any, base: Any, number: int) -> Five:
    """The ``number``-th extension constant of an array of words [count, 5], in every lane."""
    return [splat_word(builder, base, DEGREE * number + k) for k in range(DEGREE)]


def multiply(builder: Any, x: Five, y: Five) -> Five:
    out = []
    for k in range(DEGREE):
        low = mul(builder, x[0], y[k])
        for i in range(1, k + 1):
            low = add(builder, low, mul(builder, x[i], y[k - i]))
        high = None
        for i in range(k + 1, DEGREE):
            product = mul(builder, x[i], y[k - i + DEGREE])
            high = product if high is None else add(builder, high, product)
        out.append(low if high is None else add(builder, low, add(builder, high, high)))
    return out


def add_five(builder: Any, x: Five, y: Five) -> Five:
    return [add(builder, a, b) for a, b in zip(x, y, strict=True)]


def sub_five(builder: Any, x: Five, y: Five) -> Five:
    return [sub(builder, a, b) for a, b in zip(x, y, strict=True)]


def scale_five(builder: Any, x: Five, by: Any) -> Five:
    return [mul(builder, each, by) for each in x]


@intrinsic
def multiply_add(_: Any, total: Any, x: Any, weight: Any) -> Any:
    """total += x * weight: lines, lines, one extension constant"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        product = multiply(b, load_five(b, args[1]), constant_five(b, args[2], 0))
        store_five(b, add_five(b, load_five(b, args[0]), product), args[0])
        return done(context)

    return nothing(address, address, address), generate


@intrinsic
def fold_two(_: Any, near: Any, far: Any, stride: Any, halves: Any, fold: Any, out: Any, out_stride: Any) -> Any:
    """out = (near + far)/2 + fold (near - far)/(2x), planes ``stride`` bytes apart; ``halves`` are 1/(2x)"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        p, q, step, halves, fold, out, out_step = args
        half, inverse = constant((P + 1) // 2 * R % P), load(b, halves)
        even, odd = [], []
        for _k in range(DEGREE):
            x, y = load(b, p), load(b, q)
            even.append(mul(b, add(b, x, y), half))
            odd.append(mul(b, sub(b, x, y), inverse))
            p, q = b.add(p, step), b.add(q, step)
        for value in add_five(b, even, multiply(b, odd, constant_five(b, fold, 0))):
            store(b, value, out)
            out = b.add(out, out_step)
        return done(context)

    return nothing(*[address] * 7), generate


def loop(builder: Any, count: Any, initial: Five, body: Any) -> Five:
    """``initial = body(index, values)``, ``count`` times (at least once), with the values kept in registers."""
    b = builder
    before, block = b.basic_block, b.append_basic_block("loop")
    b.branch(block)
    b.position_at_end(block)
    index = b.phi(I64)
    index.add_incoming(ir.Constant(I64, 0), before)
    values = [b.phi(each.type) for each in initial]
    for phi, each in zip(values, initial, strict=True):
        phi.add_incoming(each, before)
    after = body(index, values)
    next_index = b.add(index, ir.Constant(I64, 1))
    index.add_incoming(next_index, b.basic_block)
    for phi, each in zip(values, after, strict=True):
        phi.add_incoming(each, b.basic_block)
    end = b.append_basic_block("end")
    b.cbranch(b.icmp_unsigned("<", next_index, count), block, end)
    b.position_at_end(end)
    return list(after)
