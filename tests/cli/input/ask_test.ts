/** Questions on a terminal, which `script` gives, and secrets from a pipe. */

import { assertEquals } from "@std/assert";
import { needs } from "../../support/peers.ts";
import { type Step, typeInto } from "../../support/typing/type_into.ts";

const PROGRAM = new URL("../../support/typing/asking.ts", import.meta.url)
  .pathname;
const ASKING = `"${Deno.execPath()}" run --no-check --quiet --allow-all ` +
  `"${PROGRAM}"`;
const SECRET_BYTES = 1024 * 1024;

/** What is asked, what is typed, what comes of it, and what is seen of it. */
type Case = readonly [
  what: string,
  steps: readonly Step[],
  answer: unknown,
  seen: string,
];

const NAME = (text: string): Step => ["Name:", text];
const SECRET = (text: string): Step => ["Secret:", text];
const WHICH = "Which one? (1-3)";
const LIST =
  '"app" may be:\n  1  a.io/app:latest\n  2  b.io/app:latest\n  3  c.io/app:latest\n';

const CASES: readonly Case[] = [
  ["line", [NAME("ann\n")], "ann", "Name: ann\n"],
  ["line", [NAME(" a b \n")], " a b ", "Name:  a b \n"],
  ["hidden", [SECRET("pw\n")], "pw", "Secret: \n"],
  ["hidden", [SECRET("pw\r")], "pw", "Secret: \n"],
  ["hidden", [SECRET("\n")], "", "Secret: \n"],
  ["hidden", [SECRET("pw\x04")], "pw", "Secret: \n"],
  ["hidden", [SECRET("ab\x7fc\n")], "ac", "Secret: \n"],
  ["hidden", [SECRET("ab\x08c\n")], "ac", "Secret: \n"],
  ["hidden", [SECRET("aé€😀\x7f\n")], "aé€", "Secret: \n"],
  ["hidden", [SECRET("aé€\x7f\x7f\n")], "a", "Secret: \n"],
  ["hidden", [SECRET("\x7f\x7fa\n")], "a", "Secret: \n"],
  ["hidden", [SECRET("wrong\x15right\n")], "right", "Secret: \n"],
  ["hidden", [SECRET("a\tb\n")], "a\tb", "Secret: \n"],
  ["hidden", [SECRET("a\nb\n")], "a", "Secret: \n"],
  ["stopped", [], "Error: enough", ""],
  ["left", [], "Error: enough", "Secret: \n"],
  ["password", [["Password:", "pw\n"]], "pw", "Password: \n"],
  ["can", [], true, ""],
  ["name", [[WHICH, "2\n"]], "b.io/app:latest", `${LIST}${WHICH} 2\n`],
  ["name", [[WHICH, " 1 \n"]], "a.io/app:latest", `${LIST}${WHICH}  1 \n`],
  [
    "name",
    [[WHICH, "c.io/app:latest\n"]],
    "c.io/app:latest",
    `${LIST}${WHICH} c.io/app:latest\n`,
  ],
  [
    "name",
    [[WHICH, "0\n"], [WHICH, "4\n"], [WHICH, "3\n"]],
    "c.io/app:latest",
    `${LIST}${WHICH} 0\n${WHICH} 4\n${WHICH} 3\n`,
  ],
  [
    "name",
    [[WHICH, "\n"], [WHICH, "x\n"], [WHICH, "1.5\n"]],
    'UsageError: Cannot tell which image "app" is: no number from 1 to 3 was ' +
    "typed",
    `${LIST}${WHICH} \n${WHICH} x\n${WHICH} 1.5\n`,
  ],
];

Deno.test(
  "who sits at a terminal is asked",
  needs("script", "stty"),
  async (t) => {
    for (const [what, steps, answer, seen] of CASES) {
      const typed = steps.map(([, text]) => JSON.stringify(text)).join();
      await t.step(`${what} ${typed}`, async () => {
        const env = Object.fromEntries(
          ["DENO_DIR", "HOME", "PATH"].flatMap((name) => {
            const value = Deno.env.get(name);
            return value === undefined ? [] : [[name, value]];
          }),
        );
        const command =
          `${ASKING} ${what}; stty -a | grep -ow -e -echo -e echo`;
        const shown = (await typeInto(command, steps, { env }))
          .replaceAll("\r\n", "\n");
        // What is typed is seen again afterwards.
        const end = `<${JSON.stringify(answer)}>\necho\n`;
        assertEquals(shown, seen + end);
      });
    }
  },
);

Deno.test("secrets are read from standard input, and nobody is asked there", async (t) => {
  const unusable = (why: string) =>
    `UsageError: Cannot read the password: standard input is ${why}`;
  const long = "x".repeat(SECRET_BYTES);
  const cases: readonly (readonly [string, string, string, unknown])[] = [
    ["a line", "secret", "pw\n", "pw"],
    ["no end of line", "secret", " p w ", " p w "],
    ["lines", "secret", "a\r\nb\nc\rd", "abc\rd"],
    ["nothing", "secret", "", unusable("empty")],
    ["an end of line alone", "secret", "\n", unusable("empty")],
    ["no UTF-8", "secret", "\xff", unusable("not valid UTF-8")],
    ["1 MiB", "secret", long, long],
    ["more", "secret", `${long}x`, unusable("longer than 1048576 bytes")],
    ["who can be asked", "can", "", false],
    ["which name is meant", "name", "1\n", undefined],
  ];
  for (const [name, what, input, expected] of cases) {
    await t.step(name, async () => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--no-check", "--quiet", "--allow-all", PROGRAM, what],
        ],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const writer = child.stdin.getWriter();
      const bytes = Uint8Array.from(input, (letter) => letter.charCodeAt(0));
      await writer.write(bytes).catch(() => {}); // it may not read all
      await writer.close().catch(() => {});
      const { stdout } = await child.output();
      const shown = new TextDecoder().decode(stdout);
      assertEquals(shown, `<${JSON.stringify(expected)}>\n`);
    });
  }
});
