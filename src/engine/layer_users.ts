/** Counts the users of each layer; a cleanup plan removes users one by one. */

/** The facts about a layer that decide on its removal. */
export interface LayerFact {
  readonly id: string;
  readonly parent: string | undefined;
  /** Of its files, in bytes. */
  readonly bytes: number;
  /** When its record was made, in milliseconds since 1970. */
  readonly createdMs: number;
  /** What needs it beside records, such as `a pull`; undefined if nothing. */
  readonly holder: string | undefined;
  /** Whether it has no owner, but holds files that a container wrote. */
  readonly hasOwnFiles: boolean;
}

/** A user of layers: an image or a container. */
export interface LayerUser {
  readonly id: string;
  /** Its top layers; an image that is mapped for other users has several. */
  readonly tops: readonly string[];
}

/** A store's layers, and how many need each. */
export class LayerUsers {
  readonly #layers: ReadonlyMap<string, LayerFact>;
  readonly #counts = new Map<string, number>();
  readonly #gone = new Set<string>();

  constructor(layers: readonly LayerFact[], users: readonly LayerUser[]) {
    this.#layers = new Map(layers.map((layer) => [layer.id, layer]));
    for (const { parent } of layers) this.#count(parent, 1);
    for (const { tops } of users) {
      for (const top of tops) this.#count(top, 1);
    }
  }

  /** Whether a layer exists, and nothing needs it. */
  isFree(id: string): boolean {
    const layer = this.#layers.get(id);
    return layer !== undefined && layer.holder === undefined &&
      !layer.hasOwnFiles && !this.#gone.has(id) &&
      (this.#counts.get(id) ?? 0) === 0;
  }

  /**
   * Removes a user. @returns The layers that are removed with it, topmost first.
   */
  remove({ tops }: LayerUser): readonly LayerFact[] {
    return tops.flatMap((top) => {
      this.#count(top, -1);
      return this.dropChain(top);
    });
  }

  /**
   * Removes a layer and those below it, as far as nothing needs them.
   *
   * @param spared The IDs of layers to keep in any case.
   */
  dropChain(
    top: string,
    spared: ReadonlySet<string> = new Set(),
  ): readonly LayerFact[] {
    const dropped: LayerFact[] = [];
    let id: string | undefined = top;
    while (id !== undefined && this.isFree(id) && !spared.has(id)) {
      this.#gone.add(id);
      const layer = this.#layers.get(id);
      if (layer !== undefined) dropped.push(layer);
      id = layer?.parent;
      this.#count(id, -1);
    }
    return dropped;
  }

  #count(id: string | undefined, change: 1 | -1): void {
    if (id === undefined) return;
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + change);
  }
}
