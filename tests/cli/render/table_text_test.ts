import { assert, assertEquals } from "@std/assert";
import { tableText } from "../../../src/cli/render/table_text.ts";

const COLUMNS = [
  { header: "NAME", field: "Name", text: (row: Row) => row.name },
  {
    header: "IMAGE",
    field: "Image",
    text: (row: Row) => row.image,
    isElastic: true,
  },
];
interface Row {
  readonly name: string;
  readonly image: string;
}

Deno.test("tableText() sets columns as podman does", () => {
  const rows = [{ name: "web-server-1", image: "x" }, { name: "b", image: "" }];
  assertEquals(
    tableText(COLUMNS, rows),
    [
      "NAME          IMAGE",
      "web-server-1  x",
      "b",
    ].join("\n"),
  );
});

Deno.test("tableText() cuts elastic columns to the terminal's width", () => {
  const rows = [{ name: "web", image: "localhost/a/very/long/name:latest" }];
  assertEquals(
    tableText(COLUMNS, rows, { width: 30 }),
    [
      "NAME        IMAGE",
      "web         localhost/a/very/…",
    ].join("\n"),
  );
});

Deno.test("tableText() lets no name of an image move the cursor", () => {
  const rows = [{ name: "a\x1b[2J\nb", image: "x" }];
  const text = tableText(COLUMNS, rows);
  assertEquals(text.split("\n").length, 2);
  assert(!text.includes("\x1b"));
});

Deno.test("tableText() keeps columns below each other whatever the script", () => {
  const rows = [{ name: "漢字漢字漢字漢字", image: "x" }, {
    name: "a\u202eb",
    image: "y",
  }];
  assertEquals(tableText(COLUMNS, rows).split("\n").slice(1), [
    "漢字漢字漢字漢字  x",
    "a\\u202eb          y",
  ]);
});
