/** Deep equality as `@std/assert` defines it. */

/**
 * Compares two values deeply. `NaN` equals itself, `0` equals `-0`, and objects
 * of different classes differ, whatever they hold.
 */
export function equal(a: unknown, b: unknown): boolean {
  return areEqual(a, b, new Map());
}

/** Pairs that are being compared already, so that cycles end. */
type Seen = Map<unknown, unknown>;

function areEqual(a: unknown, b: unknown, seen: Seen): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (!isObject(a) || !isObject(b) || !hasSameClass(a, b)) return false;
  if (a instanceof Date && b instanceof Date) {
    return Object.is(a.getTime(), b.getTime());
  }
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, index) => byte === b[index]);
  }
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Set && b instanceof Set) return haveSameItems(a, b, seen);
  if (a instanceof Map && b instanceof Map) return haveSameItems(a, b, seen);
  return haveSameProperties(a, b, seen);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function hasSameClass(a: object, b: object): boolean {
  return (a.constructor ?? Object) === (b.constructor ?? Object);
}

function haveSameItems(
  a: Iterable<unknown> & { size: number },
  b: Iterable<unknown> & { size: number },
  seen: Seen,
): boolean {
  if (a.size !== b.size) return false;
  const rest = [...b];
  for (const item of a) {
    const index = rest.findIndex((other) => areEqual(item, other, seen));
    if (index < 0) return false;
    rest.splice(index, 1);
  }
  return true;
}

function haveSameProperties(a: object, b: object, seen: Seen): boolean {
  const keys = propertiesOf(a);
  if (keys.length !== propertiesOf(b).length) return false;
  return keys.every((key) =>
    key in b && areEqual(Reflect.get(a, key), Reflect.get(b, key), seen)
  );
}

function propertiesOf(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}
