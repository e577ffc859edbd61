import { assertEquals } from "@std/assert";
import { parseDeviceSpec } from "../../../src/formats/cdi/device_spec.ts";
import { parseYamlSpec } from "../../../src/formats/cdi/yaml_spec.ts";

Deno.test("parseYamlSpec() reads what JSON says in other words", async (t) => {
  const json = {
    cdiVersion: "1.0.0",
    kind: "a.b/c",
    devices: [{
      name: "0",
      containerEdits: {
        env: ["A=yes"],
        deviceNodes: [{ path: "/dev/x", fileMode: 0o640, major: 1, minor: 3 }],
      },
    }],
  };
  const blocks = `cdiVersion: 1.0.0
kind: a.b/c
devices:
  - name: '0' # a text
    containerEdits:
      env:
        - A=yes
      deviceNodes:
        - path: /dev/x
          fileMode: 0640
          major: 0x1
          minor: 3
`;
  const expected = parseDeviceSpec(JSON.stringify(json), "it");
  const cases = [
    ["blocks", blocks],
    ["JSON", JSON.stringify(json)],
    ["a marked document", `---\n${blocks}...\n`],
    ["CRLF", blocks.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${blocks}`],
  ] as const;
  for (const [name, text] of cases) {
    await t.step(name, async () => {
      assertEquals(await parseYamlSpec(text, "it"), expected);
    });
  }
});
