/** Asks which image a short name means, as podman does. */

import type { ChooseName } from "../../registry/registry_image.ts";
import type { Terminal } from "../render/terminal.ts";
import { UsageError } from "../usage_error.ts";
import { askLine } from "./ask.ts";

// The number of attempts to answer.
const MAX_TRIES = 3;

/** Undefined without a terminal for input and output. */
export function nameChooser(terminal: Terminal): ChooseName | undefined {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return undefined;
  return async (short, names, options) => {
    terminal.tell(`"${short}" may be:`);
    for (const [index, name] of names.entries()) {
      terminal.tell(`  ${index + 1}  ${name}`);
    }
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const question = `Which one? (1-${names.length})`;
      const asking = { terminal, echo: "on", ...options } as const;
      const answer = (await askLine(question, asking)).trim();
      const name = names[Number(answer) - 1] ??
        names.find((name) => name === answer);
      if (name !== undefined) return name;
    }
    throw new UsageError(
      `Cannot tell which image "${short}" is: no number from 1 to ` +
        `${names.length} was typed`,
    );
  };
}
