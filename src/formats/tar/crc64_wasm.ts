/**
 * The CRC-64 of `crc64.ts` as a WebAssembly module, put together here.
 *
 * Bit i of a word stands for x^(63-i). With `c` the state and `w` the next
 * eight bytes, a step is c = (c ^ w) * x^64, where x^64 = x^4 + x^3 + x + 1. The
 * square of a sum has the squares of its terms, so x^512 = x^32 + x^24 + x^8 + 1
 * moves eight independent words on, 64 bytes at a time. In text:
 *
 * ```wat
 * (import "env" "memory" (memory 1))
 * (func (export "add") (param $at i32) (param $left i32)
 *   (local $c i64) (local $a v128) … (local $d v128) (local $t v128)
 *   state at byte 0 -> $c
 *   if $left >= 64: $a…$d = 8 words, $c into the first; while 64 more are left,
 *     each = each * x^512 ^ next; then $c = fold of the eight
 *   while $left >= 8: $c = ($c ^ load64) * x^64
 *   while $left > 0:  $c = ($c ^ load8) * x^8
 *   $c -> state)
 * ```
 */

import type { Bytes } from "../bytes.ts";

type Code = readonly number[];

const AT = 0;
const LEFT = 1;
const C = 2;
const LANES = [3, 4, 5, 6] as const;
const T = 7;
const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;
const VOID = 0x40;
const END = 0x0b;
const I32_GE_U = 0x4f;
const I64_XOR = 0x85;
const I64_SHL = 0x86;
const I64_SHR_U = 0x88;
const V128_XOR: Code = [0xfd, 0x51];
const I64X2_SHL: Code = [0xfd, 0xcb, 0x01];
const I64X2_SHR_U: Code = [0xfd, 0xcd, 0x01];
const STATE: Code = [...i32Const(0)];

/** The module: imports `env.memory`, exports `add(start, length)`. */
export const CRC64_WASM: Bytes = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...section(1, [1, 0x60, 2, I32, I32, 0]),
  ...section(2, [1, ...text("env"), ...text("memory"), 0x02, 0x00, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...text("add"), 0x00, 0]),
  ...section(10, [1, ...sized([2, 1, I64, 5, V128, ...addBody(), END])]),
]);

function addBody(): Code {
  return [
    ...STATE,
    ...[0x29, 3, 0], // i64.load
    ...set(C),
    ...when(64, wideBody()),
    ...loop(8, [
      ...get(C),
      ...get(AT),
      ...[0x29, 0, 0], // i64.load
      ...[I64_XOR, ...set(C)],
      ...timesX64(),
      ...advance(8),
    ]),
    ...loop(1, [
      ...get(C),
      ...get(AT),
      ...[0x31, 0, 0], // i64.load8_u
      ...[I64_XOR, ...set(C)],
      ...timesX8(),
      ...advance(1),
    ]),
    ...STATE,
    ...get(C),
    ...[0x37, 3, 0], // i64.store
  ];
}

function wideBody(): Code {
  return [
    ...LANES.flatMap((lane, index) => [...load(index), ...set(lane)]),
    ...get(LANES[0]),
    ...get(LANES[0]),
    ...[0xfd, 0x1d, 0], // i64x2.extract_lane
    ...[...get(C), I64_XOR],
    ...[0xfd, 0x1e, 0], // i64x2.replace_lane
    ...set(LANES[0]),
    ...advance(64),
    ...loop(64, [
      ...LANES.flatMap((lane, index) => [
        ...timesX512(lane),
        ...[...load(index), ...V128_XOR, ...set(lane)],
      ]),
      ...advance(64),
    ]),
    ...[0x42, 0, ...set(C)],
    ...LANES.flatMap((lane) => [...fold(lane, 0), ...fold(lane, 1)]),
  ];
}

/** c = (c ^ word) * x^64, the word from a lane. */
function fold(lane: number, half: number): Code {
  const word = [...get(lane), 0xfd, 0x1d, half];
  return [...get(C), ...word, I64_XOR, ...set(C), ...timesX64()];
}

/** c *= x^64: what leaves at x^4, x^3 and x re-enters below, then all shift. */
function timesX64(): Code {
  return [
    ...get(C),
    ...[60, 61, 63].flatMap((bits) => [...shifted(bits, I64_SHL), I64_XOR]),
    ...set(C),
    ...sumOfShifts(),
  ];
}

/** c *= x^8. */
function timesX8(): Code {
  return [
    ...[...get(C), ...i64Const(8), I64_SHR_U],
    ...shifted(56, I64_SHL),
    ...set(C),
    ...sumOfShifts(),
    ...[...get(C), I64_XOR, ...set(C)],
  ];
}

/** c ^= c >> 1 ^ c >> 3 ^ c >> 4: times 1 + x + x^3 + x^4. */
function sumOfShifts(): Code {
  return [
    ...get(C),
    ...[1, 3, 4].flatMap((bits) => [...shifted(bits, I64_SHR_U), I64_XOR]),
    ...set(C),
  ];
}

function shifted(bits: number, operation: number): Code {
  return [...get(C), ...i64Const(bits), operation];
}

/** Leaves lane * x^512 on the stack: both of its words. */
function timesX512(lane: number): Code {
  const by = (local: number, bits: number, operation: Code) => [
    ...get(local),
    ...[...i32Const(bits), ...operation],
  ];
  return [
    ...by(lane, 56, I64X2_SHL),
    ...[...by(lane, 40, I64X2_SHL), ...V128_XOR],
    ...[...by(lane, 32, I64X2_SHL), ...V128_XOR],
    ...set(T),
    ...get(T),
    ...[1, 3, 4].flatMap((n) => [...by(T, n, I64X2_SHR_U), ...V128_XOR]),
    ...[...get(lane), ...V128_XOR],
    ...[8, 24, 32].flatMap((n) => [...by(lane, n, I64X2_SHR_U), ...V128_XOR]),
  ];
}

function load(index: number): Code {
  return [...get(AT), 0xfd, 0x00, 0, index * 16]; // v128.load
}

function advance(count: number): Code {
  return [
    ...[...get(AT), ...i32Const(count), 0x6a, ...set(AT)],
    ...[...get(LEFT), ...i32Const(count), 0x6b, ...set(LEFT)],
  ];
}

function when(atLeast: number, body: Code): Code {
  return [...enough(atLeast), 0x04, VOID, ...body, END];
}

function loop(atLeast: number, body: Code): Code {
  return [0x03, VOID, ...when(atLeast, [...body, 0x0c, 1]), END];
}

function enough(atLeast: number): Code {
  return [...get(LEFT), ...i32Const(atLeast), I32_GE_U];
}

function get(local: number): Code {
  return [0x20, local];
}

function set(local: number): Code {
  return [0x21, local];
}

function i32Const(value: number): Code {
  return [0x41, ...signedLeb(value)];
}

function i64Const(value: number): Code {
  return [0x42, ...signedLeb(value)];
}

// Enough for the small positive constants of this module.
function signedLeb(value: number): Code {
  return value < 64 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

function text(value: string): Code {
  return [value.length, ...new TextEncoder().encode(value)];
}

function section(id: number, body: Code): Code {
  return [id, ...sized(body)];
}

function sized(body: Code): Code {
  return [(body.length & 0x7f) | 0x80, body.length >> 7, ...body];
}
