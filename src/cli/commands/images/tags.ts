/** `orlop tags`. */

import {
  listRepositoryTags,
} from "../../../engine/lookup/list_repository_tags.ts";
import type { Call } from "../../command.ts";
import { registryOptions } from "../../input/flags/registry_options.ts";
import { openSession } from "../../open_session.ts";
import { checkFormat, showJson } from "../../render/show_list.ts";
import { isTemplate, readTemplate } from "../../render/template/read_format.ts";
import type { LIST_TAGS } from "../../table/lookup_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Lists tags, one a line; as JSON, as skopeo's `list-tags` does. */
export async function run(call: Call<typeof LIST_TAGS>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { format, limit } = flags;
  const [name] = call.arguments;
  checkFormat(format, { plain: "text" });
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new UsageError(
      `Cannot use "--limit=${limit}": a whole number above 0 is needed`,
    );
  }
  const options = { ...await registryOptions(call), limit, signal };
  using session = openSession(call, { purpose: "read" });
  const found = await listRepositoryTags(session.agent, name, options);
  const shown = { Repository: found.repository, Tags: found.tags };
  if (format === "json") return showJson(shown, terminal);
  if (isTemplate(format)) {
    return terminal.print(readTemplate(format, { noHeading: true })([shown]));
  }
  for (const tag of found.tags) terminal.print(tag);
}
