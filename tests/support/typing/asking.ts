/**
 * Asks what its argument says, of whoever is at its terminal or standard input, and
 * prints what came of it as JSON.
 */

import { askLine, canAsk, readSecret } from "../../../src/cli/input/ask.ts";
import { nameChooser } from "../../../src/cli/input/choose_name.ts";
import { askPassword } from "../../../src/cli/input/flags/login_flags.ts";
import { nameOf, parseReference } from "../../../src/formats/oci/reference.ts";
import { openTerminal } from "../../../src/cli/render/terminal.ts";

const [what = ""] = Deno.args;
const terminal = openTerminal({ color: false });
const { signal } = new AbortController();
const print = (answer: unknown) =>
  terminal.print(`<${JSON.stringify(answer) ?? "undefined"}>`);
try {
  print(await ask());
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error();
  print(`${name}: ${message}`);
}
Deno.exit(); // who gave up may still read

async function ask(): Promise<unknown> {
  switch (what) {
    case "line":
      return await askLine("Name:", { terminal, echo: "on", signal });
    case "hidden":
      return await askLine("Secret:", { terminal, echo: "off", signal });
    case "stopped":
      return await askLine("Name:", {
        ...{ terminal, echo: "on" },
        signal: AbortSignal.abort(new Error("enough")),
      });
    case "left": {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 50);
      return await askLine("Secret:", {
        ...{ terminal, echo: "off", signal: controller.signal },
      });
    }
    case "password":
      return await askPassword("ann", { terminal, signal });
    case "secret":
      return await readSecret({ signal });
    case "can":
      return canAsk();
    default: {
      const choose = nameChooser(terminal);
      const names = ["a.io", "b.io", "c.io"]
        .map((domain) => nameOf(parseReference(`${domain}/app`)));
      return await choose?.("app", names, { signal });
    }
  }
}
