/** Cuts a value down to what another one mentions. */

/** Returns the part of `value` whose keys are in `pattern`, at every depth. */
export function subsetOf(value: unknown, pattern: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(pattern)) {
    return value.slice(0, pattern.length)
      .map((item, index) => subsetOf(item, pattern[index]));
  }
  if (!isRecord(value) || !isRecord(pattern)) return value;
  return Object.fromEntries(
    Reflect.ownKeys(pattern)
      .filter((key) => key in value)
      .map((key) => [key, subsetOf(value[key], pattern[key])]),
  );
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null &&
    !(value instanceof Date || value instanceof RegExp ||
      value instanceof URL || value instanceof Map ||
      value instanceof Set || ArrayBuffer.isView(value));
}
