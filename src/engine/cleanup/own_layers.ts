/** Which layers only one image uses, and which are shared. */

import { sum } from "../../formats/sum.ts";
import type { LayerFact, LayerUser } from "../layer_users.ts";

/** The layers of images, sorted by how many images need them. */
export class OwnLayers {
  readonly #layers: ReadonlyMap<string, LayerFact>;
  readonly #counts = new Map<string, number>();

  constructor(layers: readonly LayerFact[], images: readonly LayerUser[]) {
    this.#layers = new Map(layers.map((layer) => [layer.id, layer]));
    for (const image of images) {
      for (const { id } of this.listOf(image)) {
        this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
      }
    }
  }

  /** All layers of an image, each once, from the top down. */
  listOf({ tops }: LayerUser): readonly LayerFact[] {
    const found = new Map<string, LayerFact>();
    for (const top of tops) {
      let layer = this.#layers.get(top);
      while (layer !== undefined && !found.has(layer.id)) {
        found.set(layer.id, layer);
        layer = this.#layers.get(layer.parent ?? "");
      }
    }
    return [...found.values()];
  }

  /** Those of an image's layers that no other image needs. */
  ownOf(image: LayerUser): readonly LayerFact[] {
    return this.listOf(image).filter(({ id }) => this.#counts.get(id) === 1);
  }

  /** All layers that any image needs. */
  get all(): readonly LayerFact[] {
    return [...this.#layers.values()].filter(({ id }) => this.#counts.has(id));
  }
}

/** Adds sizes up, in bytes. */
export function sumBytes(
  things: readonly { readonly bytes: number }[],
): number {
  return sum(things.map(({ bytes }) => bytes));
}
