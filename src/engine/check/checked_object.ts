/** What a check says of one thing in a store. */

/** Something in a store that was looked at. */
export interface CheckedObject {
  /** Of which kind. */
  readonly kind: ObjectKind;
  /** Of what has none, its path. */
  readonly id: string;
  /** The first of its names; empty if it has none. */
  readonly name: string;
  /** `"leftover"`: nothing is wrong, but nobody needs it. */
  readonly state: "damaged" | "leftover" | "ok";
  /** What a repair has to bring back; left out if nothing is damaged. */
  readonly damage?: Damage;
  /** What is wrong, one text a fault; empty if nothing is. */
  readonly faults: readonly string[];
  /** What to do; left out if nothing is to be done. */
  readonly advice?: string;
}

/**
 * What is damaged. `"content"`: bytes, or what tells of them. `"names"`: only the short
 * names of layers, which can be made again. `"shared name"`: two images have it.
 */
export type Damage = "content" | "names" | "shared name";

/** The kinds of them. */
export type ObjectKind =
  | "container"
  | "image"
  | "layer"
  | "leftover"
  | "mount"
  | "table";

/** How people speak of it: by name, or else by ID. */
export function titleOf(
  { name, id }: Pick<CheckedObject, "id" | "name">,
): string {
  return name === "" ? id : name;
}
