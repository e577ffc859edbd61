import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  permissionTable,
  updateTable,
} from "../../scripts/permission_table.ts";

Deno.test("the README reports what each command may do", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../README.md", import.meta.url),
  );
  // If not: deno run -RW scripts/permission_table.ts
  assertEquals(updateTable(readme), readme);
});

Deno.test("permissionTable() names each kind once", () => {
  const table = permissionTable();
  assertStringIncludes(table, "- runtime: `runc`, `crun`\n");
  assertStringIncludes(table, "- nothing: a worker that unpacks layers");
});
