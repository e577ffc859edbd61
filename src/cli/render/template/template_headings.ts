/** What stands above the columns of a template's table. */

import type { Node, Operand, Pipeline } from "./template_tree.ts";

/**
 * Sets the heading of a template: its text, and for each action the heading of
 * the field that it shows.
 *
 * @param headings Those that are not the field's name in capitals.
 */
export function headingsOf(
  nodes: readonly Node[],
  headings: Readonly<Record<string, string>>,
): string {
  return nodes.map((node) => {
    switch (node.kind) {
      case "text":
        return node.text;
      case "action":
        return headingOf(node.pipeline, headings);
      case "if":
        return headingsOf(node.then, headings);
      case "range":
      case "with":
        return headingOf(node.pipeline, headings);
      case "break":
      case "continue":
        return "";
    }
  }).join("");
}

function headingOf(
  pipeline: Pipeline,
  headings: Readonly<Record<string, string>>,
): string {
  const field = findField(pipeline);
  if (field === undefined) return "";
  const known = Object.keys(headings).find((name) =>
    name.toLowerCase() === field.toLowerCase()
  );
  if (known !== undefined) return headings[known] ?? "";
  // podman splits names where a small letter meets a capital.
  return field.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").toUpperCase();
}

/** The last part of the first field that a pipeline reads. */
function findField({ commands }: Pipeline): string | undefined {
  const operands = commands.flatMap(({ operands }): readonly Operand[] =>
    operands
  );
  for (const { what, fields } of operands) {
    const last = fields.at(-1);
    if (last !== undefined) return last;
    if (what.kind !== "pipeline") continue;
    const inner = findField(what.pipeline);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
