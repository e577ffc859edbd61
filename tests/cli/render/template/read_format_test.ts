import { assertEquals, assertThrows } from "@std/assert";
import { readTemplate } from "../../../../src/cli/render/template/read_format.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";

const ROWS = [
  { ID: "1", Names: "web", CreatedBy: "a\n\tb" },
  { ID: "22", Names: "a-name-that-is-long", CreatedBy: "" },
];

Deno.test("readTemplate() sets rows as podman does", async (t) => {
  const cases: readonly [format: string, lines: readonly string[]][] = [
    ["{{.ID}}", ["1", "22"]],
    ["{{.ID}}\\t{{.Names}}", ["1\tweb", "22\ta-name-that-is-long"]],
    ["{{.ID}}\\n", ["1", "22"]],
    ["{{.ID}}\n", ["1", "22"]],
    ["table {{.ID}}\\n", ["NUMBER", "1", "22"]],
    ["{{.ID}}\\n\\n", ["1", "", "22", ""]],
    ['{{println .ID "x"}}', ["1 x", "", "22 x", ""]],
    ["table {{.ID}} {{.Names}}", [
      "NUMBER      NAMES",
      "1           web",
      "22          a-name-that-is-long",
    ]],
    ["table {{.Names}}\\t{{.ID}}", [
      "NAMES                NUMBER",
      "web                  1",
      "a-name-that-is-long  22",
    ]],
    ["table {{ .CreatedBy }} {{upper .Names}}", [
      "CREATED BY  NAMES",
      "a b         WEB",
      "            A-NAME-THAT-IS-LONG",
    ]],
    ["table {{.ID}}{{if .CreatedBy}}!{{end}}", ["NUMBER!", "1!", "22"]],
  ];
  for (const [format, lines] of cases) {
    await t.step(format, () => {
      const fill = readTemplate(format, { headings: { ID: "NUMBER" } });
      assertEquals(fill(ROWS).split("\n"), lines);
    });
  }
});

Deno.test("readTemplate() leaves headings out if asked", () => {
  const fill = readTemplate("table {{.ID}}", { noHeading: true });
  assertEquals(fill(ROWS), "1\n22");
});

Deno.test("readTemplate() says at which character a format is wrong", async (t) => {
  const cases: readonly [format: string, message: string][] = [
    ["{{.ID", 'at character 1: "}}" is missing'],
    ["table {{.ID", 'at character 7: "}}" is missing'],
    ["{{.Foo}}", "at character 3: there is no field .Foo; the fields are ID"],
    ["{{if .ID}}{{.Foo}}{{end}}", "at character 13: there is no field .Foo"],
    ["{{range .ID}}{{$.Foo}}{{end}}", "there is no field .Foo"],
  ];
  for (const [format, message] of cases) {
    await t.step(format, () => {
      // Also if there is no row that would show it.
      assertThrows(
        () => readTemplate(format, { fields: ["ID"] }),
        UsageError,
        message,
      );
    });
  }
});

Deno.test("readTemplate() shows nothing if a later row does not fit", () => {
  const fill = readTemplate("{{index .ID 0}}");
  assertThrows(() => fill([{ ID: ["a"] }, { ID: [] }]), UsageError, "item 0");
});
