import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { toText } from "../../src/formats/bytes.ts";
import { hasProgram, needs, needsThat } from "../support/peers.ts";

const program = fromFileUrl(
  new URL("../../scripts/conformance", import.meta.url),
);

// Where it is besides PATH.
const hasGo = hasProgram("go") || hasProgram("/usr/local/go/bin/go");

async function run(
  command: string,
  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
  }).output();
  return { code, stdout: toText(stdout), stderr: toText(stderr) };
}

Deno.test({
  name: "orlop serve conforms in the part of critest that fits CI's time",
  ...(hasGo ? needs("root") : needsThat(hasGo, "Go is not installed")),
  async fn() {
    const { code, stdout, stderr } = await run(program, "--quick");
    assertEquals(code, 0, `${stdout}\n${stderr}`);
    const [, passed] = /^(\d+) passed, 0 failed, \d+ skipped$/m.exec(stdout) ??
      [];
    assert(Number(passed) >= 50, stdout);
    // They want images of content that is not to be had, and an odd shell.
    assertMatch(stdout, /^passed: .* public image with digest should be/m);
    assertMatch(stdout, /^passed: .* should support MaskedPaths/m);
  },
});

Deno.test({
  name: "scripts/conformance reports that Go is missing, which is no failure",
  ...needs("root", "unshare"),
  async fn() {
    const hide = "for go in $(command -v go) /usr/local/go/bin/go; do " +
      '[ ! -e "$go" ] || mount --bind /dev/null "$(readlink -f "$go")"; done; ' +
      'exec "$0"';
    const { code, stderr } = await run(
      ...["unshare", "--mount", "sh", "-c", hide, program] as const,
    );
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /^conformance: SKIPPING: Go is not installed/m);
  },
});
