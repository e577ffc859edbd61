/** The result of a check for one object of a store. */

/** An object of a store that was checked. */
export interface CheckedObject {
  /** Of which kind. */
  readonly kind: ObjectKind;
  /** Of what has none, its path. */
  readonly id: string;
  /** The first of its names; empty if it has none. */
  readonly name: string;
  /** `"leftover"`: intact, but not needed. */
  readonly state: "damaged" | "leftover" | "ok";
  /** What a repair has to restore; omitted if nothing is damaged. */
  readonly damage?: Damage;
  /** Its faults, one text each; empty if there are none. */
  readonly faults: readonly string[];
  /** What to do; omitted if nothing is to be done. */
  readonly advice?: string;
}

/**
 * What is damaged. `"content"`: data or its description. `"names"`: only the short
 * names of layers, which can be rebuilt. `"shared name"`: two images have the same
 * name.
 */
export type Damage = "content" | "names" | "shared name";

/** The kinds of objects. */
export type ObjectKind =
  | "container"
  | "image"
  | "layer"
  | "leftover"
  | "mount"
  | "table";

/** Its name, or its ID if it has none. */
export function titleOf(
  { name, id }: Pick<CheckedObject, "id" | "name">,
): string {
  return name === "" ? id : name;
}
