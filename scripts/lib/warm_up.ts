/**
 * Lets Deno compile what common commands load, and keep it: so the first of them
 * is as quick as the next.
 *
 * usage: warm_up.js CACHE FILES: Deno's folder for what it keeps; names beside it
 */

import { DatabaseSync } from "node:sqlite";

const [cache = "", ...files] = Deno.args;
for (const file of files) await import(import.meta.resolve(`./${file}`));

// Deno never closes its databases: each start would read what is in their logs,
// the whole of it.
for (const { name } of Deno.readDirSync(cache)) {
  if (!/_cache_v\d+$/.test(name)) continue;
  using database = new DatabaseSync(`${cache}/${name}`);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}
