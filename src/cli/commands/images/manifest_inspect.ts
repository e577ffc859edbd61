/** `orlop manifest inspect`. */

import { lookUpManifest } from "../../../engine/lookup/look_up_manifest.ts";
import { InvalidManifestError } from "../../../errors/image_errors.ts";
import { messageOf } from "../../../errors/why.ts";
import { type Bytes, toText } from "../../../formats/bytes.ts";
import { parseJson } from "../../../formats/json.ts";
import type { Call } from "../../command.ts";
import { registryOptions } from "../../input/flags/registry_options.ts";
import { openSession } from "../../open_session.ts";
import { indentJson } from "../../render/indent_json.ts";
import type { INSPECT_MANIFEST } from "../../table/lookup_commands.ts";

/** Shows a manifest with all members, in their order. */
export async function run(call: Call<typeof INSPECT_MANIFEST>): Promise<void> {
  const { terminal, signal } = call;
  const [name] = call.arguments;
  const options = { ...await registryOptions(call), signal };
  using session = openSession(call, { purpose: "read" });
  const { agent } = session;
  const { bytes, digest } = await lookUpManifest(agent, name, options);
  checkJson(bytes, `manifest "${digest}"`);
  terminal.print(indentJson(toText(bytes)));
}

/** Malformed JSON is the registry's error, not the user's. */
function checkJson(bytes: Bytes, what: string): void {
  try {
    parseJson(bytes, what);
  } catch (cause) {
    throw new InvalidManifestError(messageOf(cause), { cause });
  }
}
