/** `orlop image inspect`. */

import { inspectImage } from "../../../engine/images/list_images.ts";
import { lookUpImage } from "../../../engine/lookup/look_up_image.ts";
import { lookUpManifest } from "../../../engine/lookup/look_up_manifest.ts";
import { hasTransport } from "../../../formats/oci/transport_reference.ts";
import type { Call } from "../../command.ts";
import { dropPermissions } from "../../drop_permissions.ts";
import {
  platformOption,
  registryOptions,
} from "../../input/flags/registry_options.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import { imageDetails } from "../../render/image_details.ts";
import { lookupDetails } from "../../render/lookup_details.ts";
import { ociConfig } from "../../render/oci_config.ts";
import { checkFormat, showJson } from "../../render/show_list.ts";
import { showObjects } from "../../render/show_objects.ts";
import type { GoStruct } from "../../render/template/go_values.ts";
import { isTemplate, readTemplate } from "../../render/template/read_format.ts";
import type { INSPECT_IMAGE } from "../../table/image_commands.ts";
import { UsageError } from "../../usage_error.ts";

type InspectCall = Call<typeof INSPECT_IMAGE>;

/** Shows all about images: those of the store, or one that is elsewhere. */
export async function run(call: InspectCall): Promise<void> {
  const elsewhere = call.arguments.find(isElsewhere);
  checkUsage(call, elsewhere);
  if (elsewhere !== undefined) return await showElsewhere(call, elsewhere);
  dropPermissions({ needs: [] });
  await showStored(call);
}

async function showStored(call: InspectCall): Promise<void> {
  const { flags, terminal, signal } = call;
  using session = openSession(call, { purpose: "read" });
  const shown: GoStruct[] = [];
  try {
    await forEachName(call.arguments, { signal }, async (name) => {
      const image = await inspectImage(session.agent, name, { signal });
      shown.push(imageDetails(image, session.agent.store.paths));
    });
  } finally {
    showObjects(shown, flags, terminal); // what was found, as podman does
  }
}

/** As skopeo has it: one object, not a list of one. */
async function showElsewhere(call: InspectCall, name: string): Promise<void> {
  const { flags, terminal, signal } = call;
  const options = { ...await registryOptions(call), signal };
  const platform = platformOption(flags);
  using session = openSession(call, { purpose: "read" });
  const { agent } = session;
  if (flags.raw && !flags.config) {
    return terminal.write((await lookUpManifest(agent, name, options)).bytes);
  }
  const skipsTags = flags["no-tags"] || flags.config;
  const tags = skipsTags ? "skip" : "list";
  const image = await lookUpImage(agent, name, { ...options, platform, tags });
  if (flags.raw) return terminal.write(image.configBytes);
  const shown = flags.config ? ociConfig(image) : lookupDetails(image);
  if (!isTemplate(flags.format)) return showJson(shown, terminal);
  terminal.print(readTemplate(flags.format, { noHeading: true })([shown]));
}

function isElsewhere(name: string): boolean {
  return hasTransport(name) && !name.startsWith("containers-storage:");
}

function checkUsage(
  { flags, arguments: names }: InspectCall,
  elsewhere: string | undefined,
): void {
  checkFormat(flags.format, { plain: "json" });
  const only = (["raw", "config", "no-tags"] as const)
    .find((name) => flags[name]);
  if (elsewhere === undefined && only !== undefined) {
    throw new UsageError(
      `Cannot use "--${only}": it is for images elsewhere, such as ` +
        `docker://${names[0]}`,
    );
  }
  if (elsewhere !== undefined && names.length > 1) {
    throw new UsageError(
      `Cannot inspect "${elsewhere}" with others: one at a time`,
    );
  }
  if (flags.raw && isTemplate(flags.format)) {
    throw new UsageError('Cannot use "--raw" with a template');
  }
}
