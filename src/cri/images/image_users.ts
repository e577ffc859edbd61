/** The users of images: configs do not change, so each is read once. */

import type { Agent } from "../../engine/agent.ts";
import { readUser } from "../../engine/images/list_images.ts";
import type { ImageId } from "../../formats/storage/store_ids.ts";

/** A cache of the users in configs. */
export class ImageUsers {
  readonly #agent: Agent;
  readonly #users = new Map<ImageId, string>();

  /** Makes an empty cache. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Such as `1000:1000`; `""` if the config names nobody, or is lost. */
  userOf(id: ImageId): string {
    const known = this.#users.get(id);
    if (known !== undefined) return known;
    const user = readUser(this.#agent, id);
    this.#users.set(id, user);
    return user;
  }

  /** Forgets an image that is gone, or whose config was lost. */
  forget(id: ImageId): void {
    this.#users.delete(id);
  }
}
