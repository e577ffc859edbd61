import { assertEquals, assertThrows } from "@std/assert";
import { type Listing, showList } from "../../../src/cli/render/show_list.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { memoryTerminal } from "../../support/memory/memory_terminal.ts";

const FLAGS = {
  format: "table",
  quiet: false,
  "no-trunc": false,
  noheading: false,
};

function listing(): Listing<{ id: string; name: string }> {
  return {
    rows: [{ id: "1", name: "web" }, { id: "1", name: "web2" }],
    columns: [
      { header: "ID", field: "ID", text: ({ id }) => id },
      { header: "NAMES", field: "Names", text: ({ name }) => name },
    ],
    fields: { Length: ({ name }) => name.length },
    headings: { Length: "LONG" },
    json: (rows) => rows.map(({ name }) => name),
    id: ({ id }) => id,
  };
}

Deno.test("showList() shows a list in each way", async (t) => {
  const cases: readonly [Partial<typeof FLAGS>, string[]][] = [
    [{}, ["ID          NAMES", "1           web", "1           web2"]],
    [{ noheading: true }, ["1           web", "1           web2"]],
    [{ quiet: true }, ["1"]],
    [{ format: "{{.ID}}/{{ .Names }}" }, ["1/web", "1/web2"]],
    [{ format: "{{.ID}}\\t{{.Names}}" }, ["1\tweb", "1\tweb2"]],
    [{ format: "{{.Length}}" }, ["3", "4"]],
    [{ format: "{{json .}}" }, ['"web"', '"web2"']],
    [{ format: "{{.ID}}", quiet: true }, ["1"]],
    [{ format: "table {{.ID}} {{.Length}}" }, [
      "ID          LONG",
      "1           3",
      "1           4",
    ]],
    [{ format: "table {{.ID}} {{.Length}}", noheading: true }, [
      "1           3",
      "1           4",
    ]],
  ];
  for (const [flags, expected] of cases) {
    await t.step(JSON.stringify(flags), () => {
      const terminal = memoryTerminal();
      showList(listing(), { ...FLAGS, ...flags }, terminal);
      assertEquals(terminal.printed, expected);
    });
  }
});

Deno.test("showList() prints an array as JSON, also an empty one", () => {
  const terminal = memoryTerminal();
  const flags = { ...FLAGS, format: "json" };
  showList({ ...listing(), rows: [] }, flags, terminal);
  assertEquals(terminal.printed, ["[]"]);
});

Deno.test("showList() names the fields when one is unknown", () => {
  const flags = { ...FLAGS, format: "{{.Nmae}}" };
  assertThrows(
    () => showList(listing(), flags, memoryTerminal()),
    UsageError,
    "the fields are ID, Length, Names",
  );
});

Deno.test("showList() refuses what is no format, before it prints", () => {
  for (const format of ["yaml", "", "tabel", "{{.ID", "{{.Nmae}}"]) {
    const terminal = memoryTerminal();
    assertThrows(
      () => showList(listing(), { ...FLAGS, format }, terminal),
      UsageError,
      `Cannot use "--format=${format}"`,
    );
    assertEquals(terminal.printed, []);
  }
});
