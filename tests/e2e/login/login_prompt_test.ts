/** Logins on a terminal, which `script` gives to orlop. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../../support/peers.ts";
import {
  type LoginPlace,
  loginPlace,
} from "../../support/programs/login_place.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { type Step, typeInto } from "../../support/typing/type_into.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";
const ERASE = "\x7f";

Deno.test({
  name: "login asks on a terminal, and hides the password",
  ...needs("root", "script", "stty", ...REGISTRY_PROGRAMS),
  fn: async (t) => {
    using place = loginPlace();
    const user = { name: "ann", password: "sécret" };
    await using registry = await startRegistry({ user });
    const name: Step = ["Username:", "ann\n"];
    const password: Step = ["Password:", "sécret\n"];
    const cases: readonly {
      readonly does: string;
      readonly flags?: string;
      readonly steps: readonly Step[];
      readonly code: number;
      readonly shows: string;
    }[] = [
      {
        does: "name and password",
        steps: [name, password],
        code: 0,
        shows: "Login Succeeded!",
      },
      {
        does: "nothing if what is kept will do",
        steps: [],
        code: 0,
        shows: "Existing credentials are valid",
      },
      {
        does: "a password that is mistyped and corrected",
        flags: "-u ann",
        steps: [[
          "Password:",
          `xé${ERASE}y${CTRL_U}sécré${ERASE}et${ERASE}${ERASE}et\r`,
        ]],
        code: 0,
        shows: "Login Succeeded!",
      },
      {
        does: "a wrong one",
        flags: "-u ann",
        steps: [["Password:", "wrong-secret\n"]],
        code: 6,
        shows: "invalid username/password",
      },
      {
        does: "none",
        flags: "-u ann",
        steps: [["Password:", CTRL_D]],
        code: 2,
        shows: "the password is empty",
      },
      {
        does: "Ctrl-C at the password",
        flags: "-u ann",
        steps: [["Password:", `half-a-secret${CTRL_C}`]],
        code: 130,
        shows: "Stopped by SIGINT",
      },
      {
        does: "Ctrl-C at the name",
        flags: "--authfile=none.json",
        steps: [["Username:", CTRL_C]],
        code: 130,
        shows: "Stopped by SIGINT",
      },
    ];
    for (const { does, flags = "", steps, code, shows } of cases) {
      await t.step(does, async () => {
        const line = `login --tls-verify=false ${flags} ${registry.host}`;
        const shown = await runOnTerminal(place, line, steps);
        assertStringIncludes(shown, shows);
        assertStringIncludes(shown, `code ${code}`);
        assertEquals(/secret|sécret/.exec(shown), null, shown);
        // What is typed is seen again: "echo", not "-echo".
        assert(/[^-]echo\b/.test(shown), shown);
      });
    }
  },
});

function runOnTerminal(
  place: LoginPlace,
  line: string,
  steps: readonly Step[],
): Promise<string> {
  const command = `trap : INT; cd "${place.join()}"; "${ORLOP}" ${line}; ` +
    'echo "code $?"; stty -a';
  return typeInto(command, steps, { env: place.env });
}
