/** Tables that are damaged come back: from their backup, or from the disk. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { needs } from "../../support/peers.ts";
import { contentOf, idsIn, repair, subject, TABLES } from "./damaged_tables.ts";

/** What becomes of a table; undefined if it is removed. */
const DAMAGES: Readonly<Record<string, (text: string) => string | undefined>> =
  {
    "empty": () => "",
    "cut short": (text) => text.slice(0, text.length / 2),
    "missing": () => undefined,
    "without records": () => "[]",
  };

/** Adds a test for each kind of damage to a table, and where its records are found. */
export function testRestored(kind: keyof typeof TABLES): void {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    for (const source of ["backup", "disk"] as const) {
      const title = `repairStore() makes ${kind} again: ${name}, by ${source}`;
      Deno.test(title, needs("root", "tar"), async () => {
        const store = await subject();
        using _dir = store.dir;
        const path = join(store.root, TABLES[kind]);
        const text = readFileSync(path, "utf8");
        const ids = idsIn(path);
        if (source === "disk") rmSync(`${path}.orlop-backup`, { force: true });
        const damaged = damage(text);
        if (damaged === undefined) rmSync(path);
        else writeFileSync(path, damaged);
        const plan = await repair(store, { action: "plan" });
        assertEquals(plan.steps.map(({ outcome }) => outcome), ["planned"]);
        assertEquals(contentOf(path), damaged);
        const { steps, check } = await repair(store);
        assertEquals(steps.map(({ outcome }) => outcome), ["done"]);
        assertEquals(check.status.damaged, []);
        assertEquals(idsIn(path), ids);
        const kept = readdirSync(join(path, ".."))
          .filter((name) => name.includes(".damaged-"));
        assertEquals(
          kept.map((name) => contentOf(join(path, "..", name))),
          damaged === undefined ? [] : [damaged],
        );
        assertEquals((await repair(store)).steps, []);
      });
    }
  }
}
