/** Shows what is known of objects: as a JSON array, or by a template. */

import { checkFormat, showJson } from "./show_list.ts";
import type { GoStruct } from "./template/go_values.ts";
import { isTemplate, readTemplate } from "./template/read_format.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Shows objects on stdout.
 *
 * @throws {UsageError} If the format makes no sense; nothing is printed then.
 */
export function showObjects(
  objects: readonly GoStruct[],
  { format }: { readonly format: string },
  terminal: Terminal,
): void {
  checkFormat(format, { plain: "json" });
  if (!isTemplate(format)) return showJson(objects, terminal);
  // podman shows no headings here, since each object is a table of its own.
  const text = readTemplate(format, { noHeading: true })(objects);
  if (objects.length > 0) terminal.print(text);
}
