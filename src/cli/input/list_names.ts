/** Names in a store, for completions. */

import type { Agent } from "../../engine/agent.ts";
import { listImages } from "../../engine/images/list_images.ts";
import { listKnown } from "../../engine/known_names.ts";
import { familiarName, parseReference } from "../../formats/oci/reference.ts";
import type { Call } from "../command.ts";
import { openSession } from "../open_session.ts";

/** What has names in a store. */
export type NameKind = "image" | "container" | "pod";

// A slower completion is useless.
const LOCK_TIMEOUT_MS = 500;

// bash inserts completions unquoted: a malicious name of another tool must not
// become a command. All valid names match this.
const PLAIN = /^[\w.@%+:/][\w.@%+:/-]*$/;

/** Lists names; none if that fails, since a prompt has no place for errors. */
export async function listNames(
  kind: NameKind,
  call: Call,
): Promise<readonly string[]> {
  try {
    using session = openSession(call, {
      purpose: "read",
      lockTimeoutMs: LOCK_TIMEOUT_MS,
    });
    const names = await list(kind, session.agent);
    return names.filter((name) => PLAIN.test(name));
  } catch {
    return []; // see above
  }
}

async function list(kind: NameKind, agent: Agent): Promise<readonly string[]> {
  switch (kind) {
    case "image": {
      const images = await listImages(agent);
      return images.flatMap(({ names }) => names).flatMap(shortForms);
    }
    case "container":
    case "pod": {
      const known = await listKnown(agent, kind);
      return known.flatMap(({ names = [] }) => names.slice(0, 1));
    }
  }
}

/** As people may type it; other tools may have written any text. */
function shortForms(name: string): string[] {
  try {
    const familiar = familiarName(parseReference(name));
    const local = familiar.replace(/^localhost\//, "");
    return local === familiar ? [familiar] : [familiar, local];
  } catch {
    return [name];
  }
}
