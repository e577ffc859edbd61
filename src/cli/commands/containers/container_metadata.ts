/** `orlop container metadata`. */

import {
  getContainerMetadata,
  setContainerMetadata,
} from "../../../engine/containers/container_metadata.ts";
import {
  type ContainerMetadata,
  formatContainerMetadata,
} from "../../../formats/storage/container_metadata.ts";
import type { Call } from "../../command.ts";
import { readPair } from "../../input/flags/flag_value.ts";
import { openSession } from "../../open_session.ts";
import { showJson } from "../../render/show_list.ts";
import type { CONTAINER_METADATA } from "../../table/container_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** What can be set, by the keys of the record. */
const SETTERS: Readonly<
  Record<string, (value: string) => Partial<ContainerMetadata>>
> = {
  "name": (name) => ({ name }),
  "metadata-name": (metadataName) => ({ metadataName }),
  "uid": (uid) => ({ uid }),
  "namespace": (namespace) => ({ namespace }),
  "attempt": (value) => ({ attempt: readCount(value) }),
  "mountlabel": (mountLabel) => ({ mountLabel }),
};

/** Prints the metadata, after changing it if asked. */
export async function run(
  call: Call<typeof CONTAINER_METADATA>,
): Promise<void> {
  const { flags, terminal, signal } = call;
  const [name] = call.arguments;
  const changes = flags.set.map(readChange);
  const purpose = changes.length === 0 ? "read" : "write";
  using session = openSession(call, { purpose });
  const metadata = changes.length === 0
    ? await getContainerMetadata(session.agent, name, { signal })
    : await setContainerMetadata(session.agent, name, {
      change: (old) => Object.assign({ ...old }, ...changes),
      signal,
    });
  showJson(JSON.parse(formatContainerMetadata(metadata)), terminal);
}

function readChange(text: string): Partial<ContainerMetadata> {
  const [key, value] = readPair("set", text);
  const set = Object.hasOwn(SETTERS, key) ? SETTERS[key] : undefined;
  if (set !== undefined) return set(value);
  const known = Object.keys(SETTERS).join(", ");
  throw new UsageError(`Cannot set "${key}": what can be set is ${known}`);
}

function readCount(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`Cannot set "attempt" to "${value}": expected a number`);
}
