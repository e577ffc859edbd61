/**
 * Values as templates see them. What Go has as a struct is a plain object, and
 * knows its fields; a map is a `GoMap`, and may lack any key.
 */

/** A map, with text as keys. */
export class GoMap extends Map<string, unknown> {
  /** For `JSON.stringify()`. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries(sortedEntries(this));
  }
}

/** A moment, which Go prints otherwise than it writes it into JSON. */
export class GoTime {
  readonly #text: string;

  /** @param text RFC 3339. */
  constructor(text: string) {
    this.#text = text;
  }

  /** Seconds since 1970. */
  get unix(): number {
    return Math.floor(Date.parse(this.#text) / 1000);
  }

  /** As Go's `time.Time` prints itself: `2006-01-02 15:04:05.9 +0000 UTC`. */
  toString(): string {
    const match =
      /^(\S+)T([\d:]+)(?:\.(\d*?)0*)?(?:Z|[+-]00:00|([+-]\d\d):(\d\d))$/
        .exec(this.#text);
    if (match === null) return this.#text;
    const [, date, time, fraction = "", hours, minutes] = match;
    const zone = hours === undefined
      ? "+0000 UTC"
      : `${hours}${minutes} ${hours}${minutes}`;
    return `${date} ${time}${fraction && `.${fraction}`} ${zone}`;
  }

  /** For `JSON.stringify()`. */
  toJSON(): string {
    return this.#text;
  }
}

/** A struct. */
export type GoStruct = Readonly<Record<string, unknown>>;

/** Whether a value has fields. */
export function isStruct(value: unknown): value is GoStruct {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && !(value instanceof GoMap) &&
    !(value instanceof GoTime);
}

/** Makes maps of all objects in a value that was read from JSON. */
export function toGoValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toGoValue);
  if (!isStruct(value)) return value;
  // A number that JavaScript cannot count, kept as its text.
  if ("rawJSON" in value) return value;
  return new GoMap(
    Object.entries(value).map(([key, member]) => [key, toGoValue(member)]),
  );
}

/** A set, as Go's JSON has it: each member with an empty object. */
export function toGoSet(members: readonly string[]): GoMap {
  return new GoMap(members.map((member) => [member, {}]));
}

/** The entries of a map, in the order that Go shows them in. */
export function sortedEntries(
  map: ReadonlyMap<string, unknown>,
): readonly [string, unknown][] {
  return [...map].toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** Finds a field, however it is spelt: `.Id`, `.ID`, `.created_by`. */
export function findField(struct: GoStruct, name: string): string | undefined {
  const fields = Object.keys(struct);
  if (fields.includes(name)) return name;
  return fields.find((field) => fold(field) === fold(name));
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

/** Whether `if` takes a value for true. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value instanceof GoMap ? value.size > 0 : Boolean(value);
}

/** What a value is, in a word. */
export function describeKind(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value instanceof GoMap) return "a map";
  if (value instanceof GoTime) return "a time";
  return KINDS[typeof value] ?? "a structure";
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
};
